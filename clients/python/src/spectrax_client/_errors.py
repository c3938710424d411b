"""What can go wrong."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import httpx


class SpectraXError(Exception):
    """Any failure of this library."""


class APIError(SpectraXError):
    """The server refused; `message` is its reason, which for 400 names the parameter and what it accepts."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class BadRequest(APIError):
    """400: a parameter is wrong."""


class NotFound(APIError):
    """404: there is no such recording, file, camera or address."""


class Unavailable(APIError):
    """503: not now, for example because the camera has no picture."""


class ConnectionFailed(SpectraXError):
    """The server was not reached, or the connection broke."""


class TimedOut(ConnectionFailed):
    """The server did not answer, or stopped sending, for longer than `timeout`."""


class IncompleteDownload(ConnectionFailed):
    """A download broke off. What came is kept, and the next `download` to the same place continues it."""


class UnexpectedAnswer(SpectraXError):
    """The answer is not what a SpectraX server sends: is something else at this address?"""


_KINDS: dict[int, type[APIError]] = {400: BadRequest, 404: NotFound, 503: Unavailable}


def api_error(status: int, body: bytes) -> APIError:
    """The error that an answer stands for."""
    message = ""
    with contextlib.suppress(ValueError):
        envelope = json.loads(body)
        if isinstance(envelope, dict) and isinstance(envelope.get("message"), str):
            message = envelope["message"]
    return _KINDS.get(status, APIError)(status, message or "no reason was given")


@contextlib.contextmanager
def transport_errors(doing: str) -> Iterator[None]:
    """Turns errors of httpx into ours."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise TimedOut(f"{doing}: no answer in time ({type(error).__name__})") from error
    except (httpx.TransportError, httpx.StreamError) as error:
        raise ConnectionFailed(f"{doing}: {error or type(error).__name__}") from error
    except httpx.InvalidURL as error:
        raise ConnectionFailed(f"{doing}: {error}") from error
