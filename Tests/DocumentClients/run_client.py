"""Runs the document's Python client as it is, then calls what its example does not: run_client.py FILE PORT.

It talks to localhost:8080, which stands for the server on PORT of the loopback here.
"""

import json
import pathlib
import socket
import sys

file, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
connect = socket.getaddrinfo


def getaddrinfo(host, asked, *rest, **named):
    place = ("127.0.0.1", port) if (host, asked) == ("localhost", 8080) else (host, asked)
    return connect(*place, *rest, **named)


socket.getaddrinfo = getaddrinfo
names = {"__name__": "__main__"}
exec(compile(file.read_text(), file, "exec"), names)
client = names["client"]
found = client.get_recordings(
    limit=5, stream_id=names["first"]["stream_id"], start_date="2025-10-01", end_date="2025-10-12", min_confidence=0.6,
    sort_by="duration", sort_order="asc",
)
print(json.dumps({"found": found, "recording": client.get_recording(42), "stats": client.get_stats()}))
