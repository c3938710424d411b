"""Pictures out of a `multipart/x-mixed-replace` stream."""

from __future__ import annotations

from ._errors import UnexpectedAnswer

_LONGEST_HEAD = 8 * 1024
_LARGEST_PICTURE = 64 * 1024 * 1024


class PictureReader:
    """Takes the bytes of a stream in pieces of any size and gives the pictures that are complete. Does no I/O."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._size: int | None = None

    def feed(self, piece: bytes) -> list[bytes]:
        self._buffer += piece
        pictures: list[bytes] = []
        while (picture := self._next()) is not None:
            pictures.append(picture)
        return pictures

    def _next(self) -> bytes | None:
        if self._size is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > _LONGEST_HEAD:
                    raise UnexpectedAnswer("the stream is not MJPEG: a part has no end of its header")
                return None
            self._size = self._size_in(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        if len(self._buffer) < self._size:
            return None
        picture = bytes(self._buffer[: self._size])
        del self._buffer[: self._size]
        self._size = None
        return picture

    @staticmethod
    def _size_in(head: bytes) -> int:
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                size = int(value)
                if size <= _LARGEST_PICTURE:
                    return size
        raise UnexpectedAnswer("the stream is not MJPEG: a part has no proper Content-Length")
