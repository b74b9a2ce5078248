"""Attempts at a trial beside the one that counts: ``<repeat>-attempt-1`` beside ``<repeat>``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from g2gbench.analysis.trials import Attempt
from g2gbench.store.trial_directory import FRAMES, read_result

CUT_OFF = "the run was cut off"


def attempts_at(run: Path, place: Path) -> tuple[Attempt, ...]:
    """The earlier attempts at the trial whose directory is ``place`` within ``run``, in order."""
    return tuple(_attempt(path, path.relative_to(run)) for _, path in _numbered(run / place))


def put_aside(run: Path, place: Path) -> None:
    """Keep what is at ``place`` as an attempt, so that the trial can be made again there."""
    trial = run / place
    number = max((number for number, _ in _numbered(trial)), default=0) + 1
    if trial.exists():
        trial.rename(trial.with_name(f"{trial.name}-attempt-{number}"))


def _numbered(trial: Path) -> list[tuple[int, Path]]:
    return sorted(_found(trial))


def _found(trial: Path) -> Iterator[tuple[int, Path]]:
    for path in trial.parent.glob(f"{trial.name}-attempt-*"):
        number = re.fullmatch(r"\d+-attempt-(\d+)", path.name)
        if number:
            yield int(number[1]), path


def _attempt(path: Path, place: Path) -> Attempt:
    result = read_result(path) if (path / FRAMES).exists() else None
    if result is None:
        return Attempt(place.as_posix(), "interrupted", CUT_OFF)
    return Attempt(place.as_posix(), result.status, result.message, result.invalid_because)
