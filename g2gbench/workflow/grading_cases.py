"""The cases of a grading: what is done to a session, and the level that it stands for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from g2gbench.analysis.verdict_grading import INJECTED, Truth
from g2gbench.errors import InputError
from g2gbench.quality import Level
from g2gbench.quality.level import BANDWIDTH, CPU, LATENCY, LOSS, NONE, STALL
from g2gbench.scenario import Scenario, loads
from g2gbench.scenario.loading import load_plain

SEED: Final = 1
WARMUP_S: Final = 6
CLEAN_S: Final = 8
"""After the warm-up: an impairment begins 12 s after measuring could, when a verdict is settled."""

IMPAIRED_S: Final = 12
RECOVERY_S: Final = 20
NAME: Final = "grading"


@dataclass(frozen=True, slots=True)
class Case:
    """One impairment and the level that its value stands for.

    ``network`` is in force for ``lasts_s`` once measuring has begun 8 s ago, and again ``every_s``;
    of a ``whole`` case from the beginning to the end. ``processing`` is the model worker's, with
    its faults; ``more`` is put over the scenario, such as ``{"source": {"size": "1920x1080"}}``.
    """

    name: str
    dimension: str
    expected: Level
    repeats: int = 3
    network: Mapping[str, object] = field(default_factory=dict)
    every_s: float | None = None  # again each so often, each time for ``lasts_s``
    lasts_s: float = IMPAIRED_S
    processing: Mapping[str, object] = field(default_factory=dict)
    whole: bool = False
    duration_s: float = CLEAN_S + IMPAIRED_S + RECOVERY_S
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def truth(self) -> Truth:
        """Truth that verdicts are held against."""
        lasting = self.whole or not (self.network or self.processing)
        return Truth(self.name, self.dimension, self.expected, lasting)

    @property
    def seconds(self) -> float:
        """About how long all of its sessions take."""
        return self.repeats * (WARMUP_S + self.duration_s + 4)


def _uplink(**settings: str) -> Mapping[str, object]:
    return {"uplink": settings}


def _downlink(**settings: object) -> Mapping[str, object]:
    return {"downlink": settings}


def _faults(**settings: object) -> Mapping[str, object]:
    return {"faults": settings}


def _whole(name: str, dimension: str, expected: Level, **settings: Any) -> Case:
    return Case(name, dimension, expected, whole=True, duration_s=20, **settings)


CLEAN: Final = Case("clean", NONE, Level.GOOD, repeats=20, duration_s=26)

FULL: Final = (
    CLEAN,
    Case("uplink of 1.7 Mbps", BANDWIDTH, Level.FAIR, network=_uplink(capacity="1.7Mbps")),
    Case("uplink of 1.3 Mbps", BANDWIDTH, Level.POOR, network=_uplink(capacity="1.3Mbps")),
    Case("uplink of 600 kbps", BANDWIDTH, Level.CRITICAL, network=_uplink(capacity="600kbps")),
    _whole("service takes 700 ms", LATENCY, Level.FAIR, processing={"mean": "700ms"}),
    _whole("service takes 1.1 s", LATENCY, Level.POOR, processing={"mean": "1.1s"}),
    _whole("service takes 1.8 s", LATENCY, Level.CRITICAL, processing={"mean": "1.8s"}),
    _whole(
        "round trip of 1.1 s",
        LATENCY,
        Level.POOR,
        network={"uplink": {"delay": "550ms"}, "downlink": {"delay": "550ms"}},
    ),
    Case("600 ms more round trip at once", LATENCY, Level.FAIR, network=_downlink(delay="600ms")),
    Case("uplink loses 0.5 %", LOSS, Level.FAIR, network=_uplink(loss="0.5%")),
    Case("uplink loses 3 %", LOSS, Level.POOR, network=_uplink(loss="3%")),
    Case("uplink loses 12 %", LOSS, Level.CRITICAL, network=_uplink(loss="12%")),
    Case("one gap of 1 s", STALL, Level.FAIR, network=_downlink(blackout=True), lasts_s=1),
    _whole("every 40th frame dropped", STALL, Level.POOR, processing=_faults(drop_every=40)),
    Case(
        "downlink dark for 6 s", STALL, Level.CRITICAL, network=_downlink(blackout=True), lasts_s=6
    ),
    Case(
        "service silent for 12 s",
        STALL,
        Level.CRITICAL,
        processing=_faults(freeze_every=750, freeze="12s"),
        duration_s=46,
    ),
    Case(
        "encoder overloaded",
        CPU,
        Level.GOOD,
        repeats=3,
        duration_s=20,
        more={
            "source": {"content": "street", "size": "1920x1080", "fps": 60},
            "publish": {"codec": "av1", "max_bitrate": "12Mbps"},
        },
    ),
)
"""Every dimension from mild to severe, three times each, and 20 clean ones: about 45 minutes."""

_QUICK: Final = (
    "clean",
    "uplink of 600 kbps",
    "service takes 1.1 s",
    "uplink loses 12 %",
    "downlink dark for 6 s",
)

QUICK: Final = tuple(replace(case, repeats=1) for case in FULL if case.name in _QUICK)
"""One session each of a few: about four minutes."""


def scenario_of(case: Case) -> Scenario:
    """The scenario that impairs a session as the case says; raises InputError for one that cannot.

    The model is no model of the service: pixels pass through, and g2g is the way's alone.
    """
    document: dict[str, Any] = {
        "name": NAME,
        "target": {
            "kind": "loopback",
            "model": "grading",
            "processing": dict(case.processing),
        },
        "source": {"content": "street", "size": "640x360", "fps": 30},
        "publish": {"max_bitrate": "2Mbps"},
        "session": {
            "warmup": f"{WARMUP_S}s",
            "duration": f"{case.duration_s:g}s",
            "playout_delay": "0ms",
            "fidelity": "off",
        },
        "seed": SEED,
    }
    if case.network and case.whole:
        document["network"] = case.network
    elif case.network:
        entry: dict[str, object] = {
            "at": f"{CLEAN_S}s",
            "for": f"{case.lasts_s * 1000:g}ms",
            "network": case.network,
        }
        if case.every_s is not None:
            entry |= {
                "every": f"{case.every_s * 1000:g}ms",
                "count": round(IMPAIRED_S / case.every_s),
            }
        document["timeline"] = [entry]
    for section, settings in case.more.items():
        document[section] = {**document.get(section, {}), **settings}
    return loads(json.dumps(document), f"case {case.name!r}")


_FIELDS: Final = (
    *("name", "dimension", "expected", "repeat", "network", "every", "for", "processing", "whole"),
)


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases in a YAML file; raises InputError that names the case and what is wrong with it.

    A list under ``cases``. Each needs ``name``, ``dimension`` and ``expected`` (a level);
    ``network``, ``processing``, ``whole``, ``every`` and ``for`` (seconds), ``repeat``, and any
    section of a scenario (``source``, ``publish``) are optional.
    """
    entries = load_plain(path).get("cases")
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: needs a list of cases under the key cases")
    found = tuple(_case(entry, f"{path}: cases[{i}]") for i, entry in enumerate(entries))
    twice = [name for name, count in Counter(case.name for case in found).items() if count > 1]
    if twice:
        raise InputError(f"{path}: two cases are named {twice[0]!r}")
    for case in found:
        scenario_of(case)
    return found


def _case(entry: object, where: str) -> Case:
    if not isinstance(entry, Mapping):
        raise InputError(f"{where}: a mapping with name, dimension and expected is needed")
    missing = [name for name in ("name", "dimension", "expected") if name not in entry]
    if missing:
        raise InputError(f"{where}: {missing[0]} is missing")
    if entry["dimension"] not in INJECTED:
        allowed = ", ".join(INJECTED)
        raise InputError(f"{where}.dimension: found {entry['dimension']!r}; allowed: {allowed}")
    repeat, lasts, every = entry.get("repeat", 1), entry.get("for", IMPAIRED_S), entry.get("every")
    if not isinstance(repeat, int) or repeat < 1:
        raise InputError(f"{where}.repeat: found {repeat!r}; allowed: a whole number from 1 on")
    for name, value in (("for", lasts), ("every", every)):
        if value is not None and (not isinstance(value, int | float) or not value > 0):
            raise InputError(f"{where}.{name}: found {value!r}; allowed: seconds above 0")
    whole = entry.get("whole", False)
    if not isinstance(whole, bool):
        raise InputError(f"{where}.whole: found {whole!r}; allowed: true, false")
    try:
        expected = Level.of(entry["expected"])
    except ValueError as error:
        raise InputError(f"{where}.expected: {error}") from error
    return Case(
        name=str(entry["name"]),
        dimension=entry["dimension"],
        expected=expected,
        repeats=repeat,
        network=entry.get("network") or {},
        every_s=every,
        lasts_s=lasts,
        processing=entry.get("processing") or {},
        whole=whole,
        more={name: value for name, value in entry.items() if name not in _FIELDS},
    )
