"""Messages out of a stream of server-sent events, and how to go on after a break. Does no I/O."""

from __future__ import annotations

import json
from typing import cast

from ._errors import UnexpectedAnswer
from .models import LiveMessage

SILENCE = 40.0
"""Seconds without a byte after which the connection is dead: the server sends something every 15."""

_LONGEST_LINE = 16 * 1024 * 1024


class EventReader:
    """Takes the bytes of a stream in pieces of any size and gives the messages that are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[LiveMessage]:
        self._buffer += piece
        messages: list[LiveMessage] = []
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                messages.append(self._message(b"\n".join(self._data)))
                self._data = []
        if len(self._buffer) > _LONGEST_LINE:
            raise UnexpectedAnswer("the stream does not consist of events: a line has no end")
        return messages

    @staticmethod
    def _message(data: bytes) -> LiveMessage:
        try:
            message = json.loads(data)
        except ValueError as error:
            raise UnexpectedAnswer("an event of the stream is no JSON") from error
        if not isinstance(message, dict) or not isinstance(message.get("seq"), int):
            raise UnexpectedAnswer("an event of the stream is no message of SpectraX")
        return cast(LiveMessage, message)


class Resumption:
    """Where to go on, and after how many seconds."""

    def __init__(self, last_event_id: int | None) -> None:
        self.last = last_event_id
        self._failures = 0

    def came(self, message: LiveMessage) -> None:
        self.last = message["seq"]
        self._failures = 0

    def delay(self) -> float:
        """Seconds to wait before the next attempt: 0.5 at first, 10 at last."""
        self._failures += 1
        return min(10.0, 0.5 * 2.0 ** min(self._failures - 1, 10))
