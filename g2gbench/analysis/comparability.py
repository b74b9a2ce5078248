"""Comparability of two runs: what differs besides what is under test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

EVERYTHING: Final = "all"

NOT_COMPARED: Final = frozenset(
    {
        "name",
        "description",
        "repeat",
        "expect",
        "matrix",
        "target.url",
        "target.http_url",
        "target.api_key",
        "target.api_secret",
    }
)
"""Fields of a scenario that may differ: they change no session, or name the thing under test.

Of a matrix the cells are compared by their names.
"""

SAME_MACHINE: Final = ("cores", "memory_bytes", "processor", "architecture", "system")
"""What makes a machine another one; a newer kernel or Python does not."""

MEMORY_TOLERANCE: Final = 0.01
"""Of the larger one: a kernel keeps some memory for itself, another one somewhat more."""

_NONE: Final = "not there"
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions of a run, as its records name them.

    ``scenario`` is the resolved document; ``version`` that of g2gbench, which says how metrics are
    computed; ``clients`` and ``markers`` are those of its sessions, empty where none has begun.
    """

    scenario: Mapping[str, object]
    machine: Mapping[str, object]
    version: str
    clients: frozenset[str] = frozenset()
    markers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: by its ``name`` it can be allowed."""

    name: str
    base: str
    candidate: str

    def __str__(self) -> str:
        return f"{self.name}: {self.base} and {self.candidate}"


def differences(base: Conditions, candidate: Conditions) -> tuple[Difference, ...]:
    """Return the differences between two runs that make them incomparable, by name."""
    return tuple(_differences(base, candidate))


def not_allowed(found: Iterable[Difference], allowed: Sequence[str]) -> tuple[Difference, ...]:
    """Those of the differences that no name in ``allowed`` lets through.

    A name lets through what lies below it: ``network`` any field of the network.
    """
    return tuple(
        one
        for one in found
        if not any(
            name in (EVERYTHING, one.name) or one.name.startswith(f"{name}.") for name in allowed
        )
    )


def fingerprint(scenario: Mapping[str, object]) -> str:
    """The same for scenarios that do not differ, and for no others."""
    compared = {**dict(_leaves(scenario)), "matrix": scenario.get("matrix")}
    return hashlib.sha256(json.dumps(compared, sort_keys=True, default=str).encode()).hexdigest()


def machine_differences(one: Mapping[str, object], other: Mapping[str, object]) -> tuple[str, ...]:
    """In what two machines are not the same, by SAME_MACHINE; empty for one and the same."""
    return tuple(key for key in SAME_MACHINE if not _alike(key, one.get(key), other.get(key)))


def _alike(key: str, one: object, other: object) -> bool:
    if key == "memory_bytes" and isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= MEMORY_TOLERANCE * max(one, other)
    return one == other


def _differences(base: Conditions, candidate: Conditions) -> Iterator[Difference]:
    yield from _scenarios(base.scenario, candidate.scenario)
    for key in machine_differences(base.machine, candidate.machine):
        one, other = base.machine.get(key), candidate.machine.get(key)
        yield Difference(f"machine.{key}", _shown(one), _shown(other))
    if base.version != candidate.version:
        yield Difference("g2gbench", base.version, candidate.version)
    for name in ("clients", "markers"):
        one, other = getattr(base, name), getattr(candidate, name)
        if one and other and one != other:
            yield Difference(
                name.removesuffix("s"), ", ".join(sorted(one)), ", ".join(sorted(other))
            )


def _scenarios(base: Mapping[str, Any], candidate: Mapping[str, Any]) -> Iterator[Difference]:
    # A cell says in its name what a varied field is; what the base says of it never ran.
    varied = set(base.get("matrix") or ()) & set(candidate.get("matrix") or ())
    for name, one, other in _apart(base, candidate):
        if not _within(name, varied):
            yield Difference(name, _shown(one), _shown(other))


def _apart(
    base: Mapping[str, object], candidate: Mapping[str, object], place: str = ""
) -> Iterator[tuple[str, object, object]]:
    """The fields that differ; a section that only one side has is one of them."""
    for key in dict.fromkeys([*base, *candidate]):
        name, one, other = f"{place}{key}", base.get(key), candidate.get(key)
        if name in NOT_COMPARED or one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _apart(one, other, f"{name}.")
        else:
            yield name, one, other


def _leaves(value: Mapping[str, object], place: str = "") -> Iterator[tuple[str, object]]:
    for key, inner in value.items():
        name = f"{place}{key}"
        if name in NOT_COMPARED:
            continue
        if isinstance(inner, Mapping) and inner:
            yield from _leaves(inner, f"{name}.")
        else:
            yield name, inner


def _within(name: str, paths: Iterable[str]) -> bool:
    return any(name == path or name.startswith(f"{path}.") for path in paths)


def _shown(value: object) -> str:
    if value is None:
        return _NONE
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key}: {inner}" for key, inner in value.items() if inner is not None)
        return _cut(f"{{{pairs}}}")
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
