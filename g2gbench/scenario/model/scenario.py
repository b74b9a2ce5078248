"""The scenario: everything that one benchmark run needs to know."""

# ruff: noqa: D102 - what a rule's methods do is said once, in Rule
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from g2gbench.errors import InputError
from g2gbench.quality.thresholds import Settings as Judging
from g2gbench.scenario.fields.expectation import Expect, Expectation
from g2gbench.scenario.fields.rules import BeforeRule, Name, Rule, Size, Text, Whole
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.model.quality import QualitySection
from g2gbench.scenario.model.sections import (
    ClientSection,
    NetworkSection,
    PublishSection,
    SessionSection,
    SourceSection,
    Target,
    TimelineEntry,
    Transform,
    WorkerTarget,
)
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.network.profiles import PROFILES, Profile
from g2gbench.scenario.network.traces import Trace
from g2gbench.scenario.problems import Refused
from g2gbench.service_models import SERVICE_MODELS

MOST_TIMELINE_ENTRIES = 1000
MOST_EXPECTATIONS = 200
SETUP_SECONDS = 5.0
"""What connecting and tearing down add to a repetition, for estimates alone."""


@dataclass(frozen=True, kw_only=True)
class Matrix(Rule[Mapping[str, tuple[object, ...]]]):
    """Field paths, each with the list of its values; kept as written."""

    def parse(self, value: object) -> dict[str, tuple[object, ...]]:
        if isinstance(value, Mapping) and all(isinstance(v, list | tuple) for v in value.values()):
            return {str(path): tuple(values) for path, values in value.items()}
        raise Refused(allowed=("a mapping of field paths to lists of values",))

    def render(self, value: Mapping[str, tuple[object, ...]]) -> object:
        return {path: [_written(item) for item in values] for path, values in value.items()}

    def schema(self) -> dict[str, object]:
        return {
            "type": "object",
            "additionalProperties": {"type": "array", "minItems": 1},
        }


def _written(value: object) -> object:
    if isinstance(value, dict):
        return {key: _written(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_written(inner) for inner in value]
    return value.reference if isinstance(value, Trace) else value


@dataclass(frozen=True, kw_only=True)
class Profiles(BeforeRule[Mapping[str, Profile]]):
    """Profiles by name; a file's name stands for the mapping in it until the file is read."""

    def parse(self, value: object) -> object:
        if isinstance(value, Mapping):
            return value
        raise Refused(allowed=("a mapping of names to {uplink, downlink}", "the name of a file"))

    def of_type(self, type_schema: dict[str, object]) -> dict[str, object]:
        by_name = {**type_schema, "propertyNames": Name().schema()}
        return {"anyOf": [{"type": "string", "minLength": 1}, by_name]}


class Scenario(Section):
    """One benchmark: what to run, under which conditions, and what is expected of it.

    Durations are in seconds, bitrates in bits per second, ratios from 0 to 1. ``matrix`` maps field
    paths to values as written; ``g2gbench.scenario.cells`` makes one scenario of each combination.
    """

    name: Annotated[str, Name()] = Field(description="Names the run directory.")
    description: Annotated[str, Text()] = Field("", description="One sentence for readers.")
    target: Target = Field(description="What is measured.")
    source: SourceSection = Field(
        default_factory=SourceSection, description="What the client captures."
    )
    publish: PublishSection = Field(default_factory=PublishSection, description="How it is sent.")
    profiles: Annotated[dict[str, Profile], Profiles()] = Field(
        default_factory=dict,
        description="Networks of one's own by name, or the name of a file with them.",
    )
    network: NetworkSection = Field(
        default_factory=NetworkSection, description="The link of the client."
    )
    session: SessionSection = Field(default_factory=SessionSection, description="One session.")
    timeline: tuple[TimelineEntry, ...] = Field(
        (), max_length=MOST_TIMELINE_ENTRIES, description="What changes on the way."
    )
    client: ClientSection = Field(default_factory=ClientSection, description="Who measures.")
    quality: QualitySection = Field(
        default_factory=QualitySection, description="What the session's quality is judged with."
    )
    matrix: Annotated[Mapping[str, tuple[object, ...]], Matrix()] = Field(
        default_factory=dict, description="Fields with several values: one cell a combination."
    )
    repeat: Annotated[int, Whole(least=1, most=1000)] = Field(1, description="Trials of a cell.")
    expect: tuple[Annotated[Expectation, Expect()], ...] = Field(
        (),
        max_length=MOST_EXPECTATIONS,
        description="METRIC OPERATOR LIMIT: what must hold for the run to pass.",
    )
    seed: Annotated[int, Whole(least=0, most=2**31 - 1)] = Field(
        1, description="Of everything random: picture, loss, processing time."
    )

    @property
    def all_profiles(self) -> Mapping[str, Profile]:
        """The profiles to choose from: the built-in ones and the scenario's own."""
        return {**PROFILES, **self.profiles}

    def links(self, network: NetworkSection | None = None) -> tuple[LinkSection, LinkSection]:
        """(uplink, downlink) of a network of this scenario; without one: of the first."""
        return (network or self.network).resolved(self.all_profiles)

    @property
    def transform(self) -> Transform:
        """Transform of the picture by the target; ``restyle`` where the model is not our own."""
        if not isinstance(self.target, WorkerTarget):
            return "restyle"
        known = self.target.model in SERVICE_MODELS
        return self.target.processing.transform or ("restyle" if known else "passthrough")

    @property
    def frame_size(self) -> Size:
        """Width and height of the captured frames, in pixels."""
        return self.source.size or self._model_size()

    @property
    def fps(self) -> float:
        """Frames captured per second."""
        if self.source.fps is not None:
            return self.source.fps
        if self.target.model in SERVICE_MODELS:
            return SERVICE_MODELS[self.target.model].fps
        raise InputError(f"source.fps: needed, since {self.target.model} is no known model")

    @property
    def marker_version(self) -> Literal["v1", "v2"]:
        """The marker to stamp: v1 where the target stamps anew, v2 where pixels pass through."""
        if self.source.marker != "auto":
            return self.source.marker
        return "v2" if self.transform == "passthrough" else "v1"

    @property
    def output_size(self) -> Size:
        """Width and height that the target sends: the model's; the source's for a passthrough."""
        if self.transform == "passthrough" or self.target.model not in SERVICE_MODELS:
            return self.frame_size
        return self._model_size()

    @property
    def judging(self) -> Judging:
        """Bounds, required bitrate and smoothing of the verdicts on its sessions."""
        return self.quality.judging(self.publish.max_bitrate)

    @property
    def estimated_seconds(self) -> float:
        """About how long all repetitions of one cell take."""
        return self.repeat * (self.session.usual_warmup + self.session.duration + SETUP_SECONDS)

    def _model_size(self) -> Size:
        model = SERVICE_MODELS.get(self.target.model)
        if model is None:
            raise InputError(f"source.size: needed, since {self.target.model} is no known model")
        return Size(model.width, model.height)
