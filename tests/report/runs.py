"""Stored runs in every state a run can end in, written through the real store."""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from g2gbench.analysis.verdict import CellPlan
from g2gbench.measure.records import (
    Captured,
    Counters,
    Displayed,
    Ended,
    Event,
    Reached,
    Record,
    Scalar,
    Seen,
    ServiceFrame,
    Skipped,
    Started,
    Stats,
    Usage,
)
from g2gbench.scenario.fields.expectation import parse_expectation
from g2gbench.store import RunDirectory, TrialDirectory
from g2gbench.store.files import write_json
from g2gbench.store.machine import describe_machine, package_versions
from g2gbench.store.origin import Origin
from g2gbench.store.reading import Run, open_run
from tests.measure.packet_logs import log, stream

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MS: Final = 1_000_000
SECOND: Final = 1_000 * MS
FPS: Final = 25
CONNECT_NS: Final = 10 * SECOND
LIVE_NS: Final = CONNECT_NS + 900 * MS
EXPECT: Final = ("g2g_ms.p95 < 500", "drop_ratio < 3%", "ttff_ms < 4s", "freeze_count <= 2")
_PHASES_MS: Final[Mapping[str, int]] = {
    "connect": 0,
    "websocket": 60,
    "room_info": 90,
    "room": 310,
    "subscribe": 330,
    "publish": 350,
    "first_frame": 600,
    "first_marker": 900,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One trial: ``lost`` frames are given by their number in the steady state.

    ``slow`` adds so many ms from the middle of the steady state on, for a quarter of it.
    ``cut``: the journal ends without a farewell after so many records. ``link``: packets are
    logged, each ``late_ms`` late; ``blackout``: from when to when, in seconds of the steady state,
    the link lost every frame of the uplink. ``more`` is added to the journal. ``display``: a page
    shows what comes back 5 ms after it came, but for every Nth frame.
    """

    g2g_ms: float = 200.0
    frames: int = 150
    warmup: int = 50
    lost: Sequence[int] = ()
    unreadable: Sequence[int] = ()
    skipped: int = 0
    slow: float = 0.0
    seed: int = 1
    reason: str = "complete"
    message: str = ""
    cut: int | None = None
    prompt: str = ""
    link: bool = False
    late_ms: float = 0.0
    blackout: tuple[int, int] | None = None
    more: Sequence[Record] = ()
    playout_delay_ms: tuple[int, int] | None = None
    display: int = 0

    @property
    def gone(self) -> set[int]:
        """The frames that never come back, by their number in the steady state."""
        start, end = self.blackout or (0, 0)
        return {*self.lost, *range(start * FPS, end * FPS)}


UNREACHABLE: Final = Recipe(
    frames=0, warmup=0, reason="unreachable", message="the service refused the key (401)"
)


def records(recipe: Recipe) -> list[Record]:
    """The journal of a trial."""
    started = Started(
        CONNECT_NS - SECOND,
        NOW.isoformat(),
        "browser" if recipe.display else "native",
        "v1",
        FPS,
        1088,
        624,
        playout_delay_ms=recipe.playout_delay_ms,
        display=recipe.display > 0,
    )
    if recipe.reason in ("unreachable", "fault"):
        end = Ended(CONNECT_NS + SECOND, recipe.reason, recipe.message)
        return [started, Reached(CONNECT_NS, "connect"), end]
    kept: list[Record] = [started]
    frames = _frames(recipe)
    arrived = [record.received_ns for record in frames if isinstance(record, Seen)]
    # The attempt began so long before the first readable frame as the phases say.
    connect_ns = min(arrived) - _PHASES_MS["first_marker"] * MS if arrived else CONNECT_NS
    kept += [Reached(connect_ns + ms * MS, phase) for phase, ms in _PHASES_MS.items()]
    start_ns = LIVE_NS + recipe.warmup * SECOND // FPS
    end_ns = start_ns + recipe.frames * SECOND // FPS
    kept += [Reached(start_ns, "measure"), *frames, Reached(end_ns, "measured")]
    if recipe.prompt:
        kept.append(Event(start_ns + 2 * SECOND, "prompt", {"text": recipe.prompt}))
    if recipe.blackout:
        for at_s, label in zip(recipe.blackout, ("uplink: blackout", "back to none"), strict=True):
            detail: dict[str, Scalar] = {
                "at_s": at_s,
                "label": label,
                "restored": label.startswith("back"),
            }
            kept.append(Event(start_ns + at_s * SECOND, "network", detail))
    kept += _samples(end_ns, arrived if recipe.display else None)
    kept.append(Counters(end_ns + SECOND, "client", {"reader_dropped": 0, "stream_dropped": 0}))
    kept += recipe.more
    kept.append(Ended(end_ns + 2 * SECOND, recipe.reason, recipe.message))
    return kept if recipe.cut is None else kept[: recipe.cut]


def _frames(recipe: Recipe) -> list[Record]:
    noise = np.random.default_rng(recipe.seed).gamma(2.0, 8.0, recipe.warmup + recipe.frames)
    kept: list[Record] = []
    for i in range(recipe.warmup + recipe.frames):
        number = i - recipe.warmup
        due_ns = LIVE_NS + i * SECOND // FPS
        if recipe.frames - recipe.skipped <= number:
            kept.append(Skipped(i, due_ns))
            continue
        kept.append(Captured(i, 5000 + i, due_ns, due_ns + MS))
        if number in recipe.gone:
            continue
        middle = recipe.frames // 2 <= number < recipe.frames * 3 // 4
        g2g_ms = recipe.g2g_ms + noise[i] + (recipe.slow if middle else 0.0)
        received_ns = due_ns + MS + round(g2g_ms * MS)
        readable = number not in recipe.unreadable
        kept.append(
            Seen(
                received_ns,
                received_ns + MS,
                5000 + i if readable else None,
                "ok" if readable else "no_marker",
                1088,
                624,
                i if readable else None,
                rtp_timestamp=3600 * (i + 1) if recipe.display else None,
            )
        )
        if recipe.display and i % recipe.display:
            kept.append(Displayed(received_ns + 5 * MS, 3600 * (i + 1), i))
    return kept


def _samples(end_ns: int, arrived: Sequence[int] | None) -> list[Record]:
    """Statistics and usage, once a second; a browser's tell of the frames that ``arrived``."""
    kept: list[Record] = []
    for second, at_ns in enumerate(range(LIVE_NS, end_ns + 1, SECOND)):
        values: dict[str, Scalar] = {
            "source.frames": second * FPS,
            "outbound.frames_encoded": second * FPS,
            "outbound.bytes_sent": second * 240_000,
            "outbound.header_bytes_sent": second * 10_000,
            "inbound.frames_decoded": second * FPS
            if arrived is None
            else sum(received_ns <= at_ns for received_ns in arrived),
        }
        kept.append(Stats(at_ns, values))
        kept += [
            Usage(at_ns, process, second * share, 90_000_000)
            for process, share in (("client", 0.31), ("worker", 0.4))
        ]
    return kept


def service_log(recipe: Recipe) -> str:
    """The model worker's frame log: everything arrives there 40 ms after its capture."""
    begin, end = recipe.blackout or (0, 0)
    missing = {recipe.warmup + number for number in range(begin * FPS, end * FPS)}
    frames = [
        ServiceFrame(at + 40 * MS, 5000 + i, i, 1088, 624, 5000 + i, at + 80 * MS)
        for i, at in enumerate(_captured_ns(recipe))
        if i not in missing
    ]
    return "\n".join(json.dumps(asdict(frame)) for frame in frames)


def packet_log(recipe: Recipe) -> bytes:
    """The link's log: 20 ms each way; of a frame in a blackout a packet was lost."""
    captured_ns = _captured_ns(recipe)
    begin, end = recipe.blackout or (0, 0)
    missing = {recipe.warmup + number for number in range(begin * FPS, end * FPS)}
    sent_ns = [at + 80 * MS for i, at in enumerate(captured_ns) if i not in missing]
    packets = log(
        [
            *stream(captured_ns, lost=missing),
            *stream(sent_ns, direction="downlink", ssrc=8),
        ]
    )
    packets["left_ns"][packets["left_ns"] >= 0] += round(recipe.late_ms * MS)
    return packets.tobytes()


def _captured_ns(recipe: Recipe) -> list[int]:
    return [record.captured_ns for record in records(recipe) if isinstance(record, Captured)]


_KEPT: Final = tempfile.TemporaryDirectory(prefix="g2gbench-tests-stored-")
_STORED: Final[dict[str, Path]] = {}


def store(
    root: Path,
    cells: Mapping[str, Sequence[Recipe]],
    *,
    expect: Sequence[str] = EXPECT,
    name: str = "wifi",
    repeat: int | None = None,
    scenario: Mapping[str, object] | None = None,
    interrupted: bool = False,
    killed: bool = False,
    extra: Mapping[str, object] | None = None,
) -> Run:
    """Write a run with these trials; ``repeat`` is how many were planned, if more than ran.

    A run of the same trials is measured once a process; each call gets a run of its own, with its
    own id, that a test may change.
    """
    facts = (cells, expect, name, repeat, scenario, interrupted, killed, extra)
    key = repr((*facts, describe_machine(), package_versions()))
    if key not in _STORED:
        _STORED[key] = _measured(Path(_KEPT.name) / uuid.uuid4().hex, *facts)
    return open_run(_copied(_STORED[key], root))


def _copied(stored: Path, root: Path) -> Path:
    """Another run like the stored one, as if it had been measured below ``root``."""
    root.mkdir(parents=True, exist_ok=True)
    path, number = root / stored.name, 1
    while path.exists():
        number += 1
        path = root / f"{stored.name}-{number}"
    shutil.copytree(stored, path)
    _set(path / "run.json", id=uuid.uuid4().hex)
    if (path / "summary.json").exists():
        _set(path / "summary.json", run_dir=str(path))
    return path


def _set(path: Path, **changes: str) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    assert changes.keys() <= data.keys()
    write_json(path, data | changes)


def _measured(
    root: Path,
    cells: Mapping[str, Sequence[Recipe]],
    expect: Sequence[str],
    name: str,
    repeat: int | None,
    scenario: Mapping[str, object] | None,
    interrupted: bool,
    killed: bool,
    extra: Mapping[str, object] | None,
) -> Path:
    plans = [
        CellPlan(
            cell,
            repeat or len(recipes),
            dict(part.split("=", 1) for part in cell.split(",") if "=" in part),
            [parse_expectation(text) for text in expect],
        )
        for cell, recipes in cells.items()
    ]
    directory = RunDirectory.create(
        root,
        name,
        now=NOW,
        plans=plans,
        scenario=scenario or {"name": name, "publish": {"codec": "vp8"}, "seed": 1},
        extra=extra,
        origin=Origin(f"name: {name}\npublish: {{codec: vp8}}\n"),
    )
    for cell, recipes in cells.items():
        for number, recipe in enumerate(recipes):
            trial = directory.trial(cell, number)
            _fill(trial, recipe)
            if recipe.cut is None:
                trial.finish()
            else:
                trial.journal.close()
    if not killed:
        directory.finish(now=NOW + timedelta(seconds=42), interrupted=interrupted)
    return directory.path


def _fill(trial: TrialDirectory, recipe: Recipe) -> None:
    for record in records(recipe):
        trial.journal.append(record)
    if recipe.reason not in ("unreachable", "fault"):
        trial.service_log_path.write_text(service_log(recipe), encoding="utf-8")
    if recipe.link:
        trial.packet_log_path.write_bytes(packet_log(recipe))


def passing(root: Path) -> Run:
    """One trial that meets every expectation."""
    return store(root, {"default": [Recipe(prompt="a beach", lost=[40])]})


CALIBRATION: Final[Mapping[str, object]] = {
    "taken": (NOW - timedelta(days=3)).isoformat(),
    "g2gbench": "0.1.0",
    "quick": False,
    "trials": 24,
    "g2g_bias_ms": 0.4,
    "g2g_p95_error_ms": 2.1,
    "injected": 310,
    "missed": 0,
    "invented": 0,
}


def blackout(root: Path) -> Run:
    """Two trials whose uplink was dark for a second: a packet log tells of it."""
    recipes = [Recipe(seed=seed, link=True, blackout=(2, 3)) for seed in (1, 2)]
    target = {"kind": "loopback", "model": "lucy", "room": "livekit-server"}
    return store(
        root,
        {"default": recipes},
        expect=("g2g_ms.p95 < 500",),
        scenario={"name": "wifi", "target": target},
        extra={"calibration": CALIBRATION},
    )


def displaying(root: Path) -> Run:
    """The native client beside a page that displays all but every 20th frame."""
    cells = {
        f"client.kind={kind}": [Recipe(seed=i, link=True, display=display) for i in range(3)]
        for kind, display in (("native", 0), ("browser", 20))
    }
    return store(root, cells)


def one_displaying(root: Path) -> Run:
    """A page that displays, alone."""
    return store(root, {"default": [Recipe(link=True, display=20)]})


def failing(root: Path) -> Run:
    """Five trials whose p95 is above its limit and whose drop ratio is close to its own."""
    recipes = [
        Recipe(300 + 9 * i, slow=320, lost=range(60, 62 + i), seed=i, unreadable=[])
        for i in range(5)
    ]
    return store(root, {"default": recipes}, expect=("g2g_ms.p95 < 500", *EXPECT[1:]))


def invalid(root: Path) -> Run:
    """Three trials, two of them with captures that the machine skipped."""
    recipes = [Recipe(skipped=12, seed=1), Recipe(seed=2), Recipe(skipped=9, seed=3)]
    return store(root, {"default": recipes})


def interrupted(root: Path) -> Run:
    """Killed in the second of three trials: nothing but journals tells of it."""
    recipes = [Recipe(seed=1), Recipe(seed=2, cut=220)]
    return store(root, {"default": recipes}, repeat=3, killed=True)


def unreachable(root: Path) -> Run:
    """No trial got as far as a frame."""
    return store(root, {"default": [UNREACHABLE, UNREACHABLE]})


def fault(root: Path) -> Run:
    """No instrument of it could start."""
    words = "an instrument cannot start: the client process ended (status 1) before it was ready"
    recipe = replace(UNREACHABLE, reason="fault", message=words)
    return store(root, {"default": [recipe, recipe]})


def matrix(root: Path, codecs: Sequence[str], rates: Sequence[str], repeat: int = 1) -> Run:
    """A cell for each codec and rate; the slower ones fail, the very last one is invalid."""
    cells = {
        f"publish.codec={codec},publish.max_bitrate={rate}": [
            Recipe(260 + 40 * i + 60 * j + 5 * k, seed=i + j + k, slow=80) for k in range(repeat)
        ]
        for i, codec in enumerate(codecs)
        for j, rate in enumerate(rates)
    }
    last = list(cells)[-1]
    if len(cells) > 2:
        cells[last] = [replace(recipe, skipped=9) for recipe in cells[last]]
    return store(root, cells, expect=("g2g_ms.p95 < 420", "drop_ratio < 3%"), name="codecs")


HOSTILE: Final = (
    "<script>alert(1)</script> \"quoted\" & 'single' </style> {{ 7 * 7 }} $x^2$ | `tick` "
    "[link](https://evil.example) @someone \x1b[31m <img src=x onerror=alert(1)>"
)


def hostile(root: Path) -> Run:
    """Every text that comes from outside tries to be something else."""
    scenario = {
        "name": HOSTILE,
        "target": {"kind": "loopback", "model": HOSTILE},
        "session": {"prompt": HOSTILE},
        "timeline": [{"at": "2s", "prompt": HOSTILE}],
    }
    recipes = {
        f"session.prompt={HOSTILE}": [Recipe(prompt=HOSTILE)],
        "session.prompt=plain": [replace(UNREACHABLE, message=HOSTILE)],
    }
    return store(root, recipes, name=HOSTILE, scenario=scenario)
