"""The parts of a scenario, as frozen models: target, source, publish, network, session, timeline.

A default of None means that another field decides (the model's size, the source's rate);
``Scenario`` settles these when it is loaded.
"""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, SecretStr

from g2gbench.scenario.fields.quantity_fields import Bitrate, Duration
from g2gbench.scenario.fields.rules import (
    Address,
    BeforeRule,
    Device,
    Flag,
    FrameSize,
    Name,
    Number,
    Secret,
    Size,
    Text,
    Whole,
)
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.model.faults import EmulatedService, ModelFaultsSection
from g2gbench.scenario.model.room import RoomChoice, RoomSection
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.network.profiles import PROFILES, Profile
from g2gbench.scenario.problems import Refused

Transform: TypeAlias = Literal["passthrough", "restyle", "mirror"]
Codec: TypeAlias = Literal["vp8", "vp9", "h264", "av1", "h265"]
Content: TypeAlias = Literal["street", "talking-head", "noise", "flat"]
Marker: TypeAlias = Literal["auto", "v1", "v2"]


class ProcessingSection(Section):
    """Transform of a frame by the loopback's model worker, and the time it takes, in seconds."""

    transform: Transform | None = Field(
        None,
        description="What the worker does to the picture; null: restyle for a model of the "
        "service, passthrough for any other name.",
    )
    mean: Annotated[float, Duration(least="0s", most="10s")] = Field(
        0.0, description="Mean processing time of a frame."
    )
    spread: Annotated[float, Duration(least="0s", most="10s")] = Field(
        0.0, description="Times are drawn evenly from mean - spread to mean + spread."
    )
    max_fps: Annotated[float, Number(least=1, most=120)] | None = Field(
        None, description="Most frames per second that the worker sends; null: no cap."
    )
    faults: ModelFaultsSection = Field(
        default_factory=ModelFaultsSection, description="What it does wrong on purpose."
    )


class _WorkerTarget(Section):
    """Base of the targets whose model worker is our own."""

    kind: str
    model: Annotated[str, Name()] = Field(
        description="A model of the service, or any name beside source.size and source.fps."
    )
    processing: ProcessingSection = Field(
        default_factory=ProcessingSection, description="What the model worker does."
    )
    service: EmulatedService = Field(
        default_factory=EmulatedService, description="What its signalling does."
    )


class LoopbackTarget(_WorkerTarget):
    """The emulated service, run on this machine."""

    kind: Literal["loopback"]
    room: Annotated[RoomSection, RoomChoice()] = Field(
        default_factory=RoomSection, description="The media room between client and worker."
    )


class ServiceTarget(Section):
    """The service at a URL: the real one, or ``g2gbench serve`` anywhere."""

    kind: Literal["service"]
    url: Annotated[str, Address(schemes=("wss", "ws"))] | None = Field(
        None, repr=False, description="Where the service listens; null: its public address."
    )
    api_key: Annotated[SecretStr, Secret()] = Field(
        description="The key, best as ${NAME} of the environment; written nowhere."
    )
    model: Annotated[str, Name()] = Field(description="The model asked for.")
    http_url: Annotated[str, Address(schemes=("https", "http"))] | None = Field(
        None, repr=False, description="Where its HTTP routes are; null: the host of url."
    )
    ephemeral: Annotated[bool, Flag()] = Field(
        False, description="Connect with an ephemeral key, fetched by api_key just before."
    )
    resolution: Literal["720p", "1080p"] | None = Field(
        None, description="The resolution asked for; null: the service's own choice."
    )


class LivekitTarget(_WorkerTarget):
    """A room of a LiveKit server at a URL, with our model worker in it."""

    kind: Literal["livekit"]
    url: Annotated[str, Address(schemes=("wss", "ws"))] = Field(
        repr=False, description="Where the LiveKit server listens."
    )
    api_key: Annotated[SecretStr, Secret()] = Field(
        description="The server's key, best as ${NAME} of the environment; written nowhere."
    )
    api_secret: Annotated[SecretStr, Secret()] = Field(
        description="The key's secret, best as ${NAME} of the environment; written nowhere."
    )


WorkerTarget: TypeAlias = LoopbackTarget | LivekitTarget
"""The targets whose model worker is our own: what it does to a picture is known."""

Target: TypeAlias = Annotated[
    LoopbackTarget | ServiceTarget | LivekitTarget, Field(discriminator="kind")
]

ENVIRONMENT_FIELDS = frozenset(
    ("target.url", "target.http_url", "target.api_key", "target.api_secret")
)
"""The fields in which ``${NAME}`` stands for a variable of the environment."""

SECRET_FIELDS = frozenset(("target.api_key", "target.api_secret"))
"""The fields whose value is never shown."""


class SourceSection(Section):
    """Source of frames: a drawn picture, the same for one seed, a video file, or a camera."""

    kind: Literal["synthetic", "file", "camera"] = Field(
        "synthetic", description="Where frames come from."
    )
    content: Content = Field("street", description="What a synthetic source draws.")
    path: Annotated[str, Text(shortest=1, longest=4096)] | None = Field(
        None, description="The video of a file source, beside the scenario."
    )
    device: Annotated[str, Device()] | None = Field(
        None, description="The camera: its number or its path; null: 0."
    )
    size: Annotated[Size, FrameSize()] | None = Field(
        None, description="Width x height in pixels; null: the model's."
    )
    fps: Annotated[float, Number(least=1, most=120)] | None = Field(
        None,
        description="Frames captured per second; null: the model's, of a file its own times.",
    )
    mirror: Literal["off", "on", "auto"] = Field(
        "off", description="Flip frames left to right before the stamp; auto: of a front camera."
    )
    facing: Literal["front", "back"] = Field("front", description="What mirror: auto goes by.")
    marker: Marker = Field(
        "auto",
        description="The number in the picture; auto: v1 where the target stamps anew, v2 where "
        "pixels pass through.",
    )


class PublishSection(Section):
    """Settings of the published track; bitrate in bits per second."""

    codec: Codec = Field("vp8", description="Preferred video codec.")
    max_bitrate: Annotated[int, Bitrate(least="10kbps", most="100Mbps")] = Field(
        2_000_000, description="Most that the encoder may send."
    )
    max_framerate: Annotated[float, Number(least=1, most=120)] | None = Field(
        None, description="Most frames per second that the encoder sends; null: source.fps."
    )
    simulcast: Annotated[bool, Flag()] = Field(False, description="Several encodings at once.")


@dataclass(frozen=True, kw_only=True)
class ProfileName(Name):
    """The name of a profile; whether there is one is checked with the scenario's own in sight."""

    def schema(self) -> dict[str, object]:
        return {"anyOf": [{"enum": list(PROFILES)}, super().schema()]}


class NetworkSection(Section):
    """The emulated link: a profile, and any direction given beside it in place of the profile's."""

    profile: Annotated[str, ProfileName()] = Field(
        "none", description="A named network: a built-in one, or one of the scenario's profiles."
    )
    uplink: LinkSection | None = Field(
        None, description="Client to target; replaces the profile's."
    )
    downlink: LinkSection | None = Field(
        None, description="Target to client; replaces the profile's."
    )

    def resolved(
        self, profiles: Mapping[str, Profile] = PROFILES
    ) -> tuple[LinkSection, LinkSection]:
        """(uplink, downlink) that are in force; ``Scenario.links`` knows where to look."""
        uplink, downlink = profiles[self.profile].directions
        return self.uplink or uplink, self.downlink or downlink


_PLAYOUT = Duration(least="0ms", most="40.95s", step="10ms")


class PlayoutDelay(Section):
    """Bounds of the receiver's playout delay in seconds (RTP header extension playout-delay)."""

    min: Annotated[float, _PLAYOUT] = Field(description="Least delay.")
    max: Annotated[float, _PLAYOUT] = Field(description="Most delay.")


@dataclass(frozen=True, kw_only=True)
class Playout(BeforeRule[PlayoutDelay | None]):
    """``natural`` (None inside), one fixed duration, or bounds."""

    def parse(self, value: object) -> object:
        if value == "natural":
            return None
        if isinstance(value, Mapping | PlayoutDelay):
            return value
        try:
            _PLAYOUT.parse(value)
        except Refused as refused:
            allowed = ("natural", *refused.allowed, "{min: …, max: …}")
            raise Refused(refused.message, allowed=allowed, nearest=refused.nearest) from None
        return {"min": value, "max": value}

    def render(self, value: PlayoutDelay | None) -> object:
        if value is None:
            return "natural"
        return {"min": _PLAYOUT.render(value.min), "max": _PLAYOUT.render(value.max)}

    def of_type(self, type_schema: dict[str, object]) -> dict[str, object]:
        return {"anyOf": [{"const": "natural"}, _PLAYOUT.schema(), _without_null(type_schema)]}


def _without_null(schema: dict[str, object]) -> object:
    either = schema.get("anyOf")
    kept = [one for one in either if one != {"type": "null"}] if isinstance(either, list) else []
    return kept[0] if len(kept) == 1 else schema


AUTO_WARMUP_MOST_S: Final = 30.0
"""A session that has not settled by then is measured all the same, and invalid."""

AUTO_WARMUP_USUAL_S: Final = 8.0
"""What an estimate counts with."""

_WARMUP = Duration(least="0s", most="5min")


@dataclass(frozen=True, kw_only=True)
class WarmUp(BeforeRule[float | None]):
    """``auto`` (None inside), or a duration."""

    def parse(self, value: object) -> object:
        if value == "auto":
            return None
        try:
            return _WARMUP.parse(value)
        except Refused as refused:
            allowed = ("auto", *refused.allowed)
            raise Refused(refused.message, allowed=allowed, nearest=refused.nearest) from None

    def render(self, value: float | None) -> object:
        return "auto" if value is None else _WARMUP.render(value)

    def of_type(self, type_schema: dict[str, object]) -> dict[str, object]:
        return {"anyOf": [{"const": "auto"}, _WARMUP.schema()]}


class SessionSection(Section):
    """One session: warm-up and measured time in seconds, playout delay, first prompt."""

    warmup: Annotated[float | None, WarmUp()] = Field(
        10.0,
        description="Time that passes before measuring starts; auto: until the session has "
        f"settled, {AUTO_WARMUP_MOST_S:g}s at most.",
    )
    duration: Annotated[float, Duration(least="1s", most="60min")] = Field(
        20.0, description="Measured time, from the end of the warm-up."
    )
    deadline: Annotated[float, Duration(least="1ms", most="60s")] | None = Field(
        None,
        description="A frame whose g2g is above it is late, and counts in late_ratio; null: none "
        "is.",
    )
    playout_delay: Annotated[PlayoutDelay | None, Playout()] = Field(
        None,
        description="natural: as the receiver decides; a duration: that much, fixed; {min, max}: "
        "bounds. Steps of 10ms up to 40.95s.",
    )
    prompt: Annotated[str, Text(shortest=1)] | None = Field(
        None, description="First prompt; null: none."
    )
    image: Annotated[str, Text(shortest=1, longest=4096)] | None = Field(
        None, description="First reference image, a file beside the scenario; null: none."
    )
    fidelity: Literal["auto", "vmaf", "off"] = Field(
        "auto",
        description="auto: hold a sample of the frames against their source once the session "
        "is over, where pixels pass through; vmaf: score them by VMAF, too; off: hold none.",
    )

    @property
    def usual_warmup(self) -> float:
        """About how long the warm-up takes, in seconds."""
        return AUTO_WARMUP_USUAL_S if self.warmup is None else self.warmup

    @property
    def longest_warmup(self) -> float:
        """Longest time that the warm-up takes, in seconds."""
        return AUTO_WARMUP_MOST_S if self.warmup is None else self.warmup


class TimelineEntry(Section):
    """Something that happens during the measured time; times in seconds from its start.

    ``g2gbench.scenario.model.timeline`` makes the list of changes that entries stand for.
    """

    at: Annotated[float, Duration(least="0s", most="60min")] = Field(
        description="When, from the end of the warm-up; less than session.duration."
    )
    every: Annotated[float, Duration(least="100ms", most="60min")] | None = Field(
        None, description="Again each time this much later, while it fits; null: once."
    )
    count: Annotated[int, Whole(least=1, most=1000)] | None = Field(
        None, description="How many times in all; null: as often as fits."
    )
    lasts: Annotated[float, Duration(least="1ms", most="60min")] | None = Field(
        None,
        alias="for",
        description="After that, the network from before is back; null: it stays.",
    )
    network: NetworkSection | None = Field(None, description="The network from then on.")
    prompt: Annotated[str, Text(shortest=1)] | None = Field(None, description="A new prompt.")
    image: Annotated[str, Text(shortest=1, longest=4096)] | None = Field(
        None, description="A new reference image, a file beside the scenario."
    )


class ClientSection(Section):
    """The measured client."""

    kind: Literal["native", "browser"] = Field(
        "native", description="What kind of client measures."
    )
    display: Annotated[bool, Flag()] = Field(
        False, description="Whether the page shows what comes back, and tells when it did."
    )
    content_hint: Literal["none", "motion", "detail", "text"] = Field(
        "none", description="What the page tells its browser of its track's content."
    )
