"""Actions that the pure parts of the service ask of its edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Reply:
    """Send a message to the client."""

    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SendRaw:
    """Send a frame that is no message of the protocol: text, or bytes for a binary frame."""

    data: str | bytes


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """The client may have its room: answer with ``room_info`` when it is known."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Have the model take a prompt, an image or both; answer with ``applied``.

    ``ticket`` 0 asks for no answer.
    """

    ticket: int
    prompt: str | None
    image: str | None  # base64; None with prompt None means: pass the camera through


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket in good order. ``reason``: why the session is over, for the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Abort:
    """Cut the connection without a word. ``reason``: why, for the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class KillWorker:
    """Kill the model worker."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Have the model send nothing for so many seconds."""

    seconds: float


Action: TypeAlias = Reply | SendRaw | OpenRoom | Apply | Close | Abort | KillWorker | Stall
