#!/usr/bin/python3
"""Serves a folder as an HTTP camera would, over plain HTTP or TLS: a peer for tests.

/mjpeg answers multipart/x-mixed-replace with the folder's *.jpg, looped. /status/NNN answers with that status. Everything
else is a file of the folder, such as an HLS playlist. Prints {"url": …} as one JSON line when it listens. Ends on
SIGTERM, or when standard input closes. Needs Python's standard library only.
"""
import argparse
import base64
import functools
import http.server
import json
import os
import pathlib
import ssl
import sys
import threading
import time


class Handler(http.server.SimpleHTTPRequestHandler):
    options = None

    def do_GET(self):
        if self.options.user is not None and not self.is_authorized():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
        elif self.path.startswith("/status/"):
            self.send_error(int(self.path.rsplit("/", 1)[1]))
        elif self.path == "/mjpeg":
            self.send_pictures()
        else:
            super().do_GET()

    def is_authorized(self):
        expected = base64.b64encode(f"{self.options.user}:{self.options.password}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def send_pictures(self):
        pictures = [file.read_bytes() for file in sorted(self.options.folder.glob("*.jpg"))]
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        number = 0
        try:
            while pictures:
                picture = pictures[number % len(pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                self.wfile.write(head.encode() + picture + b"\r\n")
                number += 1
                time.sleep(1 / self.options.fps)
        except OSError:
            pass  # The viewer has gone.

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=0, help="0 (default): any free port")
    parser.add_argument("--fps", type=float, default=25, help="pictures a second of /mjpeg")
    parser.add_argument("--user", help="wants these credentials (Basic)")
    parser.add_argument("--password", default="")
    parser.add_argument("--certificate", type=pathlib.Path, help="PEM of certificate and key: serves https")
    options = parser.parse_args()
    Handler.options = options
    handler = functools.partial(Handler, directory=str(options.folder))
    server = Server(("127.0.0.1", options.port), handler)
    scheme = "http"
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"url": f"{scheme}://127.0.0.1:{server.server_port}/"}), flush=True)
    while os.read(sys.stdin.fileno(), 4096):
        pass


if __name__ == "__main__":
    main()
