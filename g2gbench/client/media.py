"""Interface of what carries a trial's media: the LiveKit package, or a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from g2gbench.client.frame_sampler import FrameStore
from g2gbench.measure.records import Cause, Record
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.realtime.session import Connector
from g2gbench.realtime.streams import PublishedStream
from g2gbench.sources.source import LiveSource, Source

Journal: TypeAlias = Callable[[Record], None]
"""Takes the records of a trial, on any thread."""


class Lost(Protocol):
    """Takes the loss of the media: the reason, and what kind of ending it is."""

    def __call__(self, reason: str, cause: Cause, /) -> None:
        """End the session."""


class Media(Protocol):
    """Carries the media of one trial.

    ``kind``: ``native``, ``browser``, or ``live``, a browser that a person has opened; ``address``:
    where that person's page has to connect, else empty; ``versions``: of what carries the media, by
    name; ``connector``: makes the connection of each attempt.
    """

    @property
    def kind(self) -> str:
        """See above."""

    @property
    def address(self) -> str:
        """See above."""

    @property
    def versions(self) -> dict[str, str]:
        """See above."""

    @property
    def connector(self) -> Connector:
        """See above."""

    def local(self, source: Source | LiveSource, options: CaptureOptions) -> PublishedStream:
        """Return the published stream. Raises InputError for a source that it cannot take."""

    def listen(self, journal: Journal, lost: Lost) -> None:
        """Take what happens to it, and its loss."""

    def frame_store(self, room: int) -> FrameStore:
        """Return where up to ``room`` pictures are kept; asked for once, before the session."""

    async def ready(self) -> None:
        """Wait until it can be used. Raises UnreachableError."""

    async def close(self) -> None:
        """Free everything; safe to call again."""
