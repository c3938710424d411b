#!/usr/bin/env python3
"""Plays the H.264 of an RTSP URL over TCP, UDP or TLS and writes its access units as Annex B: a peer for tests.

Strict where players forgive: sequence numbers without a gap, one SSRC, what RTP-Info said of the first packet, a sender
report before the first packet, timestamps that go on, a key frame first. Prints one JSON line; exit code 1 says what was wrong.
Knows Digest with SHA-256 only, which no other peer of the tests speaks. Standard library only.
"""
import argparse
import hashlib
import json
import os
import re
import select
import socket
import ssl
import struct
import sys
import time
import urllib.parse


class Wrong(Exception):
    pass


class Client:
    def __init__(self, url, transport, seconds):
        parts = urllib.parse.urlsplit(url)
        self.user, self.password = parts.username, parts.password
        self.url = f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"
        self.transport = transport
        self.deadline = time.monotonic() + seconds
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=10)
        if parts.scheme == "rtsps":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname=parts.hostname)
        self.buffer = bytearray()
        self.number = 0
        self.challenge = None
        self.session = None
        self.frames = []

    # Requests

    def request(self, method, url=None, **headers):
        """The status, the headers and the body of the response; interleaved packets before it are kept."""
        url = url or self.url
        for attempt in range(2):
            self.number += 1
            lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.number}", "User-Agent: rtsp_client"]
            if self.session:
                lines.append(f"Session: {self.session}")
            if self.challenge:
                lines.append("Authorization: " + self.answer(method, url))
            lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            status, fields, body = self.response()
            if fields.get("cseq", [""])[0] != str(self.number):
                raise Wrong(f"{method}: CSeq {fields.get('cseq')} for {self.number}")
            if status == 401 and attempt == 0 and self.user:
                for challenge in fields.get("www-authenticate", []):
                    found = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
                    if challenge.startswith("Digest") and found.get("algorithm") == "SHA-256":
                        self.challenge = found
                if self.challenge:
                    continue
            if status != 200:
                raise Wrong(f"{method}: {status} {fields.get('x-reason', '')}")
            return fields, body
        raise Wrong(f"{method}: refused")

    def answer(self, method, url):
        def digest(text):
            return hashlib.sha256(text.encode()).hexdigest()

        realm, nonce = self.challenge["realm"], self.challenge["nonce"]
        first = digest(f"{self.user}:{realm}:{self.password}")
        response = digest(f"{first}:{nonce}:{digest(f'{method}:{url}')}")
        return (f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{url}", '
                f'response="{response}", algorithm=SHA-256')

    def response(self):
        while True:
            item = self.item()
            if isinstance(item, tuple):
                return item
            self.frames.append(item)

    def fill(self, wanted):
        while len(self.buffer) < wanted:
            self.check_time()
            data = self.socket.recv(65536)
            if not data:
                raise Wrong("the server closed the connection")
            self.buffer += data

    def check_time(self):
        if time.monotonic() > self.deadline:
            raise Wrong("it took too long")

    def item(self):
        """A response as a tuple, or an interleaved packet as [channel, bytes]."""
        self.fill(4)
        if self.buffer[0] == 0x24:
            length = struct.unpack_from(">H", self.buffer, 2)[0]
            self.fill(4 + length)
            frame = [self.buffer[1], bytes(self.buffer[4:4 + length])]
            del self.buffer[:4 + length]
            return frame
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self.fill(len(self.buffer) + 1)
        lines = bytes(self.buffer[:end]).decode().split("\r\n")
        del self.buffer[:end + 4]
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            fields.setdefault(name.strip().lower(), []).append(value.strip())
        length = int(fields.get("content-length", ["0"])[0])
        self.fill(length)
        body = bytes(self.buffer[:length])
        del self.buffer[:length]
        return int(lines[0].split()[1]), fields, body

    # Playing

    def play(self):
        self.request("OPTIONS")
        fields, body = self.request("DESCRIBE", Accept="application/sdp")
        base = fields["content-base"][0]
        sdp = body.decode()
        video = sdp[sdp.index("m=video"):]
        if "H264/90000" not in video:
            raise Wrong("no H.264 is described")
        control = re.search(r"a=control:(\S+)", video)[1]
        track = control if "://" in control else base + control
        if self.transport == "udp":
            self.rtp, self.rtcp, port = self.ports()
            offer = f"RTP/AVP;unicast;client_port={port}-{port + 1}"
        else:
            offer = "RTP/AVP/TCP;unicast;interleaved=4-5"
        fields, _ = self.request("SETUP", track, Transport=offer)
        if offer.split(";")[-1] not in fields["transport"][0]:
            raise Wrong(f"{offer} became {fields['transport'][0]}")
        self.session = fields["session"][0].split(";")[0]
        if self.transport == "udp":
            server = re.search(r"server_port=(\d+)-(\d+)", fields["transport"][0])
            self.server_ports = int(server[1]), int(server[2])
        fields, _ = self.request("PLAY", base, Range="npt=0.000-")
        info = re.search(r"url=([^;,]+);seq=(\d+);rtptime=(\d+)", fields["rtp-info"][0])
        if not info[1].endswith(control.split("/")[-1]):
            raise Wrong(f"RTP-Info speaks of {info[1]}")
        return int(info[2]), int(info[3])

    def ports(self):
        for _ in range(100):
            rtp, rtcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
            for one in (rtp, rtcp):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            rtp.bind(("127.0.0.1", 0))
            port = rtp.getsockname()[1]
            try:
                if port % 2 == 0:
                    rtcp.bind(("127.0.0.1", port + 1))
                    return rtp, rtcp, port
            except OSError:
                pass
            rtp.close()
            rtcp.close()
        raise Wrong("no free pair of ports")

    def packets(self):
        """(is RTCP, bytes), as they come."""
        if self.transport != "udp":
            while True:
                channel, packet = self.frames.pop(0) if self.frames else self.item()
                if channel not in (4, 5):
                    raise Wrong(f"a packet on channel {channel}")
                yield channel == 5, packet
        while True:
            self.check_time()
            # Reports first: what waits in both sockets has no order.
            ready, _, _ = select.select([self.rtcp, self.rtp], [], [], 1)
            for one in sorted(ready, key=lambda found: found is self.rtp):
                packet, sender = one.recvfrom(65536)
                if sender[1] != self.server_ports[one is self.rtcp]:
                    raise Wrong(f"a packet from port {sender[1]}, not {self.server_ports}")
                yield one is self.rtcp, packet

    def report(self, source, highest):
        """A receiver report, as players send it."""
        packet = struct.pack(">BBHIIIIIII", 0x81, 201, 7, 0x1234, source, 0, highest, 0, 0, 0)
        if self.transport == "udp":
            self.rtcp.sendto(packet, ("127.0.0.1", self.server_ports[1]))
        else:
            self.socket.sendall(struct.pack(">BBH", 0x24, 5, len(packet)) + packet)


class Depacketizer:
    """RFC 6184: single NAL units, STAP-A and FU-A, as Annex B."""

    def __init__(self):
        self.fragment = None

    def units(self, payload):
        kind = payload[0] & 0x1f
        if self.fragment is not None and kind != 28:
            raise Wrong("a fragmented NAL unit did not end")
        if 1 <= kind <= 23:
            return [payload]
        if kind == 24:
            units, position = [], 1
            while position < len(payload):
                length = struct.unpack_from(">H", payload, position)[0]
                units.append(payload[position + 2:position + 2 + length])
                if len(units[-1]) != length or length == 0:
                    raise Wrong("a length in a STAP-A lies")
                position += 2 + length
            return units
        if kind != 28:
            raise Wrong(f"NAL unit type {kind} in RTP")
        if payload[1] & 0x80:
            if self.fragment is not None:
                raise Wrong("a fragment starts in another")
            self.fragment = bytearray([payload[0] & 0xe0 | payload[1] & 0x1f])
        if self.fragment is None:
            raise Wrong("a fragment without a start")
        self.fragment += payload[2:]
        if payload[1] & 0x40:
            unit, self.fragment = bytes(self.fragment), None
            return [unit]
        return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--transport", choices=["tcp", "udp"], default="tcp", help="TLS is tcp with rtsps://")
    parser.add_argument("--pictures", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=30, help="give up after so long")
    parser.add_argument("--out", help="file for the pictures, Annex B")
    options = parser.parse_args()
    client = Client(options.url, options.transport, options.seconds)
    sequence, timestamp = client.play()
    depacketizer = Depacketizer()
    source = last = None
    units, pictures, reports = [], 0, 0
    for is_report, packet in client.packets():
        if is_report:
            if packet[1] != 200:
                raise Wrong(f"RTCP of type {packet[1]} first")
            reports += 1
            continue
        first, kind, number, when, sender = struct.unpack_from(">BBHII", packet)
        if first != 0x80:
            raise Wrong(f"an RTP header of {first:#x}")
        if source is None:
            if (number, when) != (sequence, timestamp):
                raise Wrong(f"RTP-Info said {sequence}, {timestamp}; the first packet is {number}, {when}")
            if not reports and options.transport == "tcp":
                raise Wrong("no sender report before the first packet")
            source = sender
        elif (number, sender) != ((last + 1) & 0xffff, source):
            raise Wrong(f"packet {number} of {sender:#x} after {last} of {source:#x}")
        last = number
        units += depacketizer.units(packet[12:])
        if kind & 0x80:
            pictures += 1
            if pictures == 5:
                client.report(source, number)
            if pictures == options.pictures:
                break
    if not any(unit[0] & 0x1f == 5 for unit in units[:6]):
        raise Wrong("it does not begin with a key frame")
    if not reports:
        raise Wrong("no sender report")
    client.request("GET_PARAMETER")
    client.request("TEARDOWN")
    if options.out:
        with open(options.out, "wb") as file:
            file.write(b"".join(b"\0\0\0\1" + unit for unit in units))
    print(json.dumps({"pictures": pictures, "reports": reports, "units": len(units)}))


try:
    main()
except (Wrong, OSError, KeyError, IndexError, TypeError, struct.error) as error:
    # Straight out: sockets that linger do not matter.
    print(f"rtsp_client: {type(error).__name__}: {error}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(1)
