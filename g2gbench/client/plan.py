"""Plan, commands and answers of the measured client's process. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from g2gbench.process.message import Message
from g2gbench.secrecy import Unshown

ClientKind: TypeAlias = Literal["native", "browser", "live"]
"""``live``: the page of a browser that a person has opened."""

SourceKind: TypeAlias = Literal["synthetic", "file", "camera", "page-camera"]
"""``page-camera``: the camera of a ``live`` client's page."""


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """Plan of a source of pictures and of their capture.

    ``fps``: None: as the file says. ``content``: of a synthetic source; ``path``: of a file;
    ``device``: of a camera; None: the first one.
    """

    kind: SourceKind
    width: int
    height: int
    fps: float | None
    content: str = "street"
    path: str | None = None
    device: str | None = None
    mirror: str = "off"
    facing: str = "front"


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """Encoder settings of the client; ``max_framerate``: None: somewhat above the source's rate."""

    codec: str
    max_bitrate_bps: int
    max_framerate: float | None
    simulcast: bool = False


@dataclass(frozen=True, slots=True)
class PlannedPrompt:
    """A prompt, a reference image or both, asked for so long after the warm-up."""

    at_s: float
    prompt: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class ClientPlan(Message):
    """One session, from the connect attempt to the goodbye.

    Attributes:
        client: what carries its media; ``display``, ``content_hint``: of a browser's page.
        api_key, http_url, ephemeral: how it is let in; ``http_url``: None: where it connects.
        model, resolution: that it asks for.
        pixel_latency: the target reads the marker and stamps it anew.
        stamped_size: the size at which it does so, where that is known.
        source, seed, marker, publish: what is captured, drawn, stamped and sent.
        playout_delay_ms: bounds that the room was asked to hold; None: none.
        no_fidelity: why no picture is held against its source; empty: some are.
        vmaf: those are scored by VMAF, too.
        warmup_s: None: until the session has settled, ``longest_warmup_s`` at most.
        duration_s: of the steady state; ``deadline_ms``: a frame with a larger g2g is late.
        prompt, image: that the session begins with; ``prompts``: those that follow.

    """

    client: ClientKind
    api_key: Unshown
    model: str
    source: SourcePlan
    publish: PublishPlan
    marker: str
    seed: int
    duration_s: float
    longest_warmup_s: float
    warmup_s: float | None = None
    deadline_ms: float | None = None
    http_url: str | None = None
    ephemeral: bool = False
    display: bool = False
    content_hint: str = "none"
    resolution: str | None = None
    pixel_latency: bool = False
    stamped_size: tuple[int, int] | None = None
    playout_delay_ms: tuple[int, int] | None = None
    no_fidelity: str = ""
    vmaf: bool = False
    prompt: str | None = None
    image: str | None = None
    prompts: tuple[PlannedPrompt, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientReady(Message):
    """The client waits for Go; ``address``: where a person's page has to connect; empty: none."""

    address: str


class ClientCommand(Message):
    """A command to the measured client after its plan."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Go(ClientCommand):
    """All processes are ready: connect to this URL."""

    url: str


@dataclass(frozen=True, slots=True)
class StopSession(ClientCommand):
    """End the session as if its time were over."""


@dataclass(frozen=True, slots=True)
class ChangePrompt(ClientCommand):
    """Another prompt, another reference image, or both; the journal calls the image ``name``."""

    prompt: str | None = None
    image: Path | None = None
    name: str | None = None
