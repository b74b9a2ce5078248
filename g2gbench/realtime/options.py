"""Options of a realtime session, named as the service's SDKs name them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.service_models import SERVICE_MODELS

if TYPE_CHECKING:
    from g2gbench.quality import Verdict
    from g2gbench.realtime.events import Event
    from g2gbench.realtime.images import Image
    from g2gbench.realtime.streams import RemoteStream

CODECS = ("vp8", "h264", "vp9", "av1", "h265")


class FacingMode(StrEnum):
    """Side of the device that a camera faces: it decides what ``MirrorMode.AUTO`` means."""

    FRONT = "front"
    BACK = "back"


class MirrorMode(StrEnum):
    """Flipping of captured frames, left to right, before they are stamped and published."""

    OFF = "off"
    ON = "on"
    AUTO = "auto"

    def applies(self, facing: FacingMode) -> bool:
        """Return whether frames of a camera that faces so are flipped; AUTO: of the front one."""
        return self is MirrorMode.ON or (self is MirrorMode.AUTO and facing is FacingMode.FRONT)


class Resolution(StrEnum):
    """The output resolution that is asked for."""

    P720 = "720p"
    P1080 = "1080p"


@dataclass(frozen=True, slots=True)
class RealtimeModel:
    """A model and the size at which it wants frames: pixels, frames per second."""

    name: str
    width: int
    height: int
    fps: float

    @classmethod
    def named(cls, name: str) -> RealtimeModel:
        """A model that is known. Raises RealtimeError (INVALID_INPUT) for any other name."""
        known = SERVICE_MODELS.get(name)
        if known is None:
            raise RealtimeError(
                ErrorCode.INVALID_INPUT,
                f"{name!r} is no known model; known: {', '.join(SERVICE_MODELS)}; for any other "
                "give RealtimeModel(name, width, height, fps)",
            )
        return cls(name, known.width, known.height, known.fps)


@dataclass(frozen=True, slots=True)
class InitialPrompt:
    """The prompt that the first delivered frame already shows; ``enhance``: let the service
    expand it.
    """

    text: str
    enhance: bool = True

    def __post_init__(self) -> None:
        """Refuse an empty one."""
        if not self.text:
            raise RealtimeError(ErrorCode.INVALID_INPUT, "an initial prompt needs a text")


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """Encoder limits of the local track: bits and frames per second.

    ``simulcast`` is left off for VP9, which has its own layers.
    """

    preferred_codec: str = "vp8"
    max_bitrate: int = 2_000_000
    max_framerate: float = 30
    simulcast: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be published."""
        if self.preferred_codec.lower() not in CODECS:
            raise RealtimeError(
                ErrorCode.INVALID_INPUT,
                f"preferred_codec is {self.preferred_codec!r}; allowed: {', '.join(CODECS)}",
            )
        for name in ("max_bitrate", "max_framerate"):
            if not getattr(self, name) > 0:
                raise RealtimeError(
                    ErrorCode.INVALID_INPUT, f"{name} is {getattr(self, name)}; allowed: above 0"
                )


def _ignore(_: object) -> None:
    """Ignore an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """Options of ``RealtimeClient.connect``.

    Args:
        model: a known model's name, or a RealtimeModel.
        initial_prompt, initial_image: the first delivered frame already shows them; the image as
            base64 text, bytes or a path.
        resolution: of the output; None: the service's own choice, 720p.
        video: how the local track is published.
        facing, mirror: of the local stream that ``connect`` makes itself; a caller's own stream
            has its own.
        debug_quality: stamp a visible marker into each frame and read it back: g2g latency, ttff
            and drops become part of the connection quality. For diagnosis alone.
        publish_camera: publish a local stream; False: receive only.
        reconnect: connect again after an unexpected loss.
        pixel_latency: ask the service to stamp its output with its input's number; None: as
            ``debug_quality``.
        on_remote_stream, on_connection_quality: called with each new one, on the event loop.
        on_event: called with every event from the first on, also while ``connect`` still runs.

    """

    model: str | RealtimeModel
    initial_prompt: InitialPrompt | None = None
    initial_image: Image | None = None
    resolution: Resolution | None = None
    video: VideoConfig = field(default_factory=VideoConfig)
    facing: FacingMode = FacingMode.FRONT
    mirror: MirrorMode = MirrorMode.AUTO
    debug_quality: bool = False
    publish_camera: bool = True
    reconnect: bool = True
    pixel_latency: bool | None = None
    on_remote_stream: Callable[[RemoteStream], None] = _ignore
    on_connection_quality: Callable[[Verdict], None] = _ignore
    on_event: Callable[[Event], None] = _ignore

    @property
    def model_name(self) -> str:
        """The name that the service is asked for."""
        return self.model if isinstance(self.model, str) else self.model.name

    @property
    def asks_for_restamping(self) -> bool:
        """Whether the service shall stamp its output."""
        return self.debug_quality if self.pixel_latency is None else self.pixel_latency
