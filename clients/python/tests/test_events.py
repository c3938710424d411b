"""Live messages: told in order, filtered, and gone on with after a break."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import zlib
from collections.abc import Iterator

import pytest
from conftest import CutOff, listening
from server import CAMERAS, Server

from spectrax_client import AsyncSpectraX, BadRequest, ConnectionFailed, NotFound, SpectraX, UnexpectedAnswer
from spectrax_client._events import EventReader, Resumption
from spectrax_client.models import LiveMessage


@contextlib.contextmanager
def deleting(server: Server, numbers: range) -> Iterator[None]:
    """Deletes recordings meanwhile, each of which the server tells of."""

    def run() -> None:
        with SpectraX(server.url) as client:
            for number in numbers:
                client.delete(number)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()


def ids(messages: list[LiveMessage]) -> list[int]:
    return [message["recording"]["id"] for message in messages if message["kind"] == "recording"]


def test_messages_come_in_order_and_only_those_that_are_wanted(server: Server, client: SpectraX) -> None:
    events = client.events(kind=["recording", "system"], last_event_id=0)
    first = next(events)
    assert first["kind"] == "lost" and first["count"] is None
    with deleting(server, range(110, 115)):
        messages: list[LiveMessage] = []
        while 114 not in ids(messages):
            messages.append(next(events))
    events.close()
    assert ids(messages)[-5:] == list(range(110, 115))
    assert all(message.get("action") == "deleted" for message in messages if message["kind"] == "recording")
    sequence = [message["seq"] for message in messages]
    assert sequence == sorted(set(sequence))
    assert {message["kind"] for message in messages} <= {"recording", "system"}


def test_a_camera_can_be_chosen(client: SpectraX) -> None:
    with contextlib.closing(client.events(camera=CAMERAS[2], kind="camera", last_event_id=0)) as events:
        next(events)
        message = next(events)
        assert message["camera"] is not None and message["camera"]["path"] == CAMERAS[2]


def test_a_broken_connection_is_made_again_and_nothing_is_lost_or_told_twice(
    server: Server, client: SpectraX, cut_off: CutOff
) -> None:
    with contextlib.closing(client.events(kind=["recording", "system", "camera"], last_event_id=0)) as events:
        last = [next(events), next(events)][-1]["seq"]
    # Each of the first connections breaks in the middle of a message.
    with cut_off([1500, 2500, 3000]) as url, SpectraX(url) as broken:
        events = broken.events(kind="recording", last_event_id=last)
        messages: list[LiveMessage] = []
        with deleting(server, range(120, 128)):
            while 127 not in ids(messages):
                messages.append(next(events))
        events.close()
    assert ids(messages)[-8:] == list(range(120, 128))
    assert all(message["kind"] == "recording" for message in messages)
    assert len(set(ids(messages))) == len(messages)


def test_async(server: Server, cut_off: CutOff) -> None:
    async def collect(url: str) -> list[LiveMessage]:
        messages: list[LiveMessage] = []
        async with AsyncSpectraX(url) as client:
            async with contextlib.aclosing(client.events(kind=["recording"], last_event_id=0)) as events:
                async for message in events:
                    messages.append(message)
                    if 134 in ids(messages):
                        return messages
        raise AssertionError("the stream has ended")

    with cut_off([1500]) as url, deleting(server, range(130, 135)):
        messages = asyncio.run(collect(url))
    assert messages[0]["kind"] == "lost"
    assert ids(messages)[-5:] == list(range(130, 135))


def test_a_proxy_that_compresses_keeps_nothing_back() -> None:
    data = b'data: {"seq":7,"kind":"system","time":"2026-01-01T00:00:00Z","state":"running","version":"1"}\n\n'

    def serve(connection: socket.socket) -> None:
        with connection:
            request = b""
            while b"\r\n\r\n" not in request and (piece := connection.recv(4096)):
                request += piece
            head, body = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n", data
            if b"gzip" in request.lower():
                packer = zlib.compressobj(wbits=31)
                head, body = head + b"Content-Encoding: gzip\r\n", packer.compress(data) + packer.flush()
            connection.sendall(head + b"\r\n" + body)

    async def first(url: str) -> LiveMessage:
        async with AsyncSpectraX(url) as client:
            async with contextlib.aclosing(client.events(reconnect=False)) as events:
                return await anext(events)

    with listening(serve) as url, SpectraX(url) as client:
        assert next(client.events(reconnect=False))["seq"] == 7
        assert asyncio.run(first(url))["seq"] == 7


def test_refusals_are_raised(client: SpectraX) -> None:
    with pytest.raises(BadRequest, match="kind takes"):
        next(client.events(kind="lost"))
    with pytest.raises(NotFound):
        next(client.events(camera="video/none"))


def test_without_reconnecting_a_break_is_an_error(cut_off: CutOff) -> None:
    with cut_off([600]) as url, SpectraX(url) as client, pytest.raises(ConnectionFailed):
        list(client.events(last_event_id=0, reconnect=False))
    with listening(lambda connection: connection.close()) as url, SpectraX(url) as client, pytest.raises(ConnectionFailed):
        next(client.events(reconnect=False))


def test_pieces_of_any_size() -> None:
    text = b"retry: 1000\n\n: still here\n\nid: 5\r\ndata: {\"seq\":5,\r\ndata: \"kind\":\"system\"}\r\n\r\ndata: {\"seq\":6}\n\n"
    for size in (1, 2, 7, len(text)):
        reader = EventReader()
        found = [each for at in range(0, len(text), size) for each in reader.feed(text[at : at + size])]
        assert [each["seq"] for each in found] == [5, 6] and found[0]["kind"] == "system"
    for wrong in (b"data: {\n\n", b"data: 5\n\n", b"data: {}\n\n"):
        with pytest.raises(UnexpectedAnswer):
            EventReader().feed(wrong)
    place = Resumption(None)
    assert [place.delay() for _ in range(7)] == [0.5, 1, 2, 4, 8, 10, 10]
