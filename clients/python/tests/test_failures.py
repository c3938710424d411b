"""Servers that do not behave, and streams in pieces."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import socket
import subprocess
import sys
import zipfile

import pytest
from conftest import listening

from spectrax_client import APIError, AsyncSpectraX, ConnectionFailed, SpectraX, TimedOut, Unavailable, UnexpectedAnswer
from spectrax_client._mjpeg import PictureReader


def answering(answer: bytes) -> contextlib.AbstractContextManager[str]:
    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    return listening(serve)


def with_body(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with SpectraX(url) as client, pytest.raises(ConnectionFailed, match="GET /status"):
        client.status()


def test_somebody_is_silent() -> None:
    with listening(lambda connection: connection.recv(65536) and connection.recv(1)) as url:
        with SpectraX(url, timeout=0.1) as client, pytest.raises(TimedOut):
            client.status()

        async def ask() -> None:
            async with AsyncSpectraX(url, timeout=0.1) as client:
                await client.status()

        with pytest.raises(TimedOut):
            asyncio.run(ask())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (with_body(b"<html>a router</html>"), UnexpectedAnswer),
        (with_body(b"[1]"), UnexpectedAnswer),
        (with_body(b"\xff\xfe{"), UnexpectedAnswer),
        (with_body(b"not ours", "502 Bad Gateway"), APIError),
        (with_body(b'{"message": 7}', "500 Oops"), APIError),
        (with_body(b"", "302 Found"), APIError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", ConnectionFailed),
        (b"\x15\x03\x01\x00\x02", ConnectionFailed),
    ],
)
def test_somebody_else_is_there(answer: bytes, error: type[Exception]) -> None:
    with answering(answer) as url, SpectraX(url) as client, pytest.raises(error):
        client.status()


def test_not_now_is_told_apart() -> None:
    envelope = b'{"status":"error","message":"camera a has no picture: it is connecting"}'
    refusal = with_body(envelope, "503 Service Unavailable")
    with answering(refusal) as url, SpectraX(url) as client:
        with pytest.raises(Unavailable, match="503: camera a has no picture: it is connecting"):
            client.snapshot()
        assert client.is_healthy() is False


def test_a_server_without_ranges_is_no_server_of_ours(tmp_path: pathlib.Path) -> None:
    with answering(with_body(b"whole")) as url, SpectraX(url) as client:
        with pytest.raises(UnexpectedAnswer):
            client.read_range("x", 0, 1)
        assert client.download("x", tmp_path / "x").read_bytes() == b"whole"


def test_addresses_are_checked() -> None:
    for url in ("localhost:8080", "ftp://x", "", "http://"):
        with pytest.raises(ValueError, match="no address"):
            SpectraX(url)


def test_pictures_come_out_of_pieces_of_any_size() -> None:
    pictures = [b"\xff\xd8one", b"", b"\r\n--frame\r\n\r\n", bytes(range(256)) * 10]
    stream = b"".join(
        b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(one), one) for one in pictures
    )
    for size in (1, 2, 3, 7, 100, len(stream)):
        reader = PictureReader()
        came = [one for at in range(0, len(stream), size) for one in reader.feed(stream[at : at + size])]
        assert came == pictures


@pytest.mark.parametrize(
    "stream",
    [
        b"x" * 10_000,
        b"--frame\r\n\r\n",
        b"--frame\r\nContent-Length: -1\r\n\r\n",
        b"Content-Length: 99999999999\r\n\r\n",
    ],
)
def test_what_is_no_stream_is_refused(stream: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        PictureReader().feed(stream)


def test_the_package_builds_without_a_network(tmp_path: pathlib.Path) -> None:
    package = pathlib.Path(__file__).resolve().parents[1]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "--wheel-dir", tmp_path, package], check=True
    )  # fmt: skip
    (wheel,) = tmp_path.glob("spectrax_client-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {f"spectrax_client/{path.name}" for path in (package / "src/spectrax_client").iterdir() if path.is_file()}
    assert "spectrax_client/py.typed" in sources and sources <= names
