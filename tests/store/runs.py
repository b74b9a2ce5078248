"""Run directories made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from g2gbench.analysis.verdict import CellPlan
from g2gbench.measure.records import (
    Ended,
    Event,
    Reached,
    Record,
    Scalar,
    ServiceFrame,
    Started,
    Stats,
)
from g2gbench.scenario.fields.expectation import parse_expectation
from g2gbench.store import RunDirectory, TrialDirectory
from g2gbench.store.origin import Origin
from tests.measure import sessions
from tests.measure.sessions import START, capture_ns

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CELL = "publish.codec=vp8"
FRAMES = 120


def plans(*texts: str, repeat: int = 1) -> list[CellPlan]:
    expectations = [parse_expectation(text) for text in texts]
    return [CellPlan(CELL, repeat, {"publish.codec": "vp8"}, expectations, slug="codec-vp8")]


def create(root: Path, cells: Sequence[CellPlan] = (), **options: object) -> RunDirectory:
    return RunDirectory.create(
        root,
        "wifi",
        now=NOW,
        plans=cells or plans(),
        scenario={"name": "wifi", "target": {"api_key": options.get("api_key", "none")}},
        origin=Origin("name: wifi\n"),
        secrets=[SecretStr(str(options["api_key"]))] if "api_key" in options else [],
    )


def records(*, reason: str | None = "complete", lost: Sequence[int] = ()) -> list[Record]:
    """The records of a session of 120 frames in which the frames ``lost`` never came back."""
    kept: list[Record] = [
        Started(0, NOW.isoformat(), "native", "v1", sessions.FPS, 1088, 624),
        Reached(START - 1, "connect"),
        Reached(START, "measure"),
    ]
    for i in range(FRAMES):
        kept.append(sessions.captured(i))
        if i not in lost:
            kept.append(sessions.seen(i))
        if i % 25 == 0:
            values: dict[str, Scalar] = {
                "inbound.frames_decoded": i,
                "outbound.quality_limitation_reason": "none",
                "pair.state": None,
            }
            kept.append(Stats(capture_ns(i), values))
    kept += [Event(capture_ns(9), "prompt", {"text": "a beach"})]
    if reason is not None:
        kept.append(Reached(capture_ns(FRAMES), "measured"))
        kept.append(Ended(capture_ns(FRAMES) + 5_000_000_000, reason, ""))
    return kept


def fill(trial: TrialDirectory, kept: Sequence[Record]) -> None:
    for record in kept:
        trial.journal.append(record)


def write_service_log(trial: TrialDirectory) -> None:
    frames = [
        ServiceFrame(capture_ns(i), 5000 + i, None, 1088, 624, 5000 + i, capture_ns(i) + 1)
        for i in range(FRAMES)
    ]
    lines = [json.dumps(asdict(frame)) for frame in frames]
    trial.service_log_path.write_text("\n".join(lines), encoding="utf-8")
