"""Live events to many WebSocket subscribers: how late, how many lost, and what they cost."""
import argparse
import calendar
import http.client
import multiprocessing
import re
import resource
import select
import socket
import sys
import tempfile
import time

import api
import bench
import server

HEAD = re.compile(rb'^\{"seq":(\d+),"kind":"(\w+)","time":"([^"]+)"')


def delete(port, numbers, rate):
    """Deletes recordings, one in 1/rate seconds: each is a message to all subscribers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    start = time.monotonic()
    for turn, number in enumerate(numbers):
        time.sleep(max(0.0, start + turn / rate - time.monotonic()))
        connection.request("DELETE", f"/api/recordings/{number}")
        response = connection.getresponse()
        if response.read() and response.status != 200:
            sys.exit(f"recording {number} cannot be deleted: {response.status}")


class Subscribers:
    """WebSockets, read by one thread; keeps how late each message came to each of them."""

    def __init__(self, port, count):
        self.buffers, self.received, self.delays, self.times = {}, [0] * count, [], {}
        self.poll = select.epoll()
        for index in range(count):
            each = socket.create_connection(("127.0.0.1", port))
            each.sendall(b"GET /api/events/ws?kind=recording HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
                         b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += each.recv(4096)
            if not answer.startswith(b"HTTP/1.1 101 "):
                sys.exit(f"no WebSocket: {answer[:200]}")
            each.setblocking(False)
            self.buffers[each.fileno()] = [each, index, answer.partition(b"\r\n\r\n")[2]]
            self.poll.register(each.fileno(), select.EPOLLIN)

    def sent_at(self, sequence, text):
        """When the server told it; computed once for each message."""
        if sequence not in self.times:
            moment, micros = text[:-1].split(b".")
            seconds = time.strptime(moment.decode() + "UTC", "%Y-%m-%dT%H:%M:%S%Z")
            self.times[sequence] = calendar.timegm(seconds) + int(micros) / 1e6
        return self.times[sequence]

    def read(self, wanted):
        """Until everybody has `wanted` messages, or nothing has come for long."""
        end = time.monotonic() + 10
        total = wanted * len(self.received)
        got = 0
        while got < total and time.monotonic() < end:
            ready = self.poll.poll(0.5)
            if ready:
                end = time.monotonic() + 10
            for descriptor, _ in ready:
                entry = self.buffers[descriptor]
                data = entry[0].recv(1 << 20)
                now = time.time()
                if not data:
                    sys.exit("a subscriber was disconnected")
                data = entry[2] + data
                while len(data) >= 4:
                    size, start = data[1], 2
                    if size == 126:
                        size, start = int.from_bytes(data[2:4], "big"), 4
                    if len(data) < start + size:
                        break
                    if data[0] == 0x81:
                        head = HEAD.match(data[start:start + 100])
                        self.delays.append(now - self.sent_at(head[1], head[3]))
                        self.received[entry[1]] += 1
                        got += 1
                    elif data[0] == 0x89:
                        entry[0].send(b"\x8a\x80\0\0\0\0")
                    data = data[start + size:]
                entry[2] = data


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def measure(table, count, rate, seconds):
    messages = rate * seconds
    with tempfile.TemporaryDirectory(prefix="spectrax-bench-") as folder:
        api.fill(folder, messages + 100)
        with api.Recorded(folder) as ours:
            ours.wait("/healthz", ours.is_healthy)
            before = ours.resident()
            subscribers = Subscribers(ours.port, count)
            producer = multiprocessing.Process(target=delete, args=(ours.port, range(1, messages + 1), rate))
            cpu, start = ours.cpu(), time.monotonic()
            producer.start()
            subscribers.read(messages)
            share = 100 * (ours.cpu() - cpu) / (time.monotonic() - start)
            producer.join()
            memory = ours.resident() - before
    lost = messages * count - sum(subscribers.received)
    late = 1000 * percentile(subscribers.delays, 0.99)
    what = f"{count} WebSocket subscribers at {rate} messages/s"
    table.add(f"{what}: delivery, p99", f"{late:.1f} ms (median {1000 * percentile(subscribers.delays, 0.5):.1f} ms)",
              "<= 100 ms", late <= 100)
    table.add(f"{what}: messages lost", f"{lost} of {messages * count}", "0", lost == 0)
    table.add(f"{what}: CPU", f"{share:.0f} % of a core")
    table.add(f"{what}: memory for them", f"{memory:.0f} MB, {1000 * memory / count:.0f} kB each", "<= 100 MB",
              memory <= 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=20, help="messages a second")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    if not api.MAKER.is_file():
        sys.exit(f"{api.MAKER} is missing: swift build -c release --product store-bench")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    measure(bench.Table("live"), options.subscribers, options.rate, options.seconds)


if __name__ == "__main__":
    main()
