"""Client of a SpectraX server.

    from spectrax_client import SpectraX

    with SpectraX("http://localhost:8080") as server:
        for recording in server.iter_recordings(object_type="person", min_confidence=0.8):
            server.download(recording, "clips/")

`AsyncSpectraX` has the same methods for asyncio. What the server answers is returned as it is: dictionaries, whose
shapes `spectrax_client.models` declares.
"""

from ._async import AsyncSpectraX
from ._errors import (
    APIError,
    BadRequest,
    ConnectionFailed,
    IncompleteDownload,
    NotFound,
    SpectraXError,
    TimedOut,
    UnexpectedAnswer,
    Unavailable,
)
from ._files import FileInfo
from ._sync import SpectraX

__version__ = "1.0.0"

__all__ = [
    "APIError",
    "AsyncSpectraX",
    "BadRequest",
    "ConnectionFailed",
    "FileInfo",
    "IncompleteDownload",
    "NotFound",
    "SpectraX",
    "SpectraXError",
    "TimedOut",
    "Unavailable",
    "UnexpectedAnswer",
]
