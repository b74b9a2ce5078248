"""Every state of a run, stored and reported on once for all tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from g2gbench import report
from g2gbench.store.comparing import Comparison
from g2gbench.store.reading import Run, open_run
from tests.report import comparisons, runs

BUILDERS: Mapping[str, Callable[..., Run]] = {
    "pass": runs.passing,
    "fail": runs.failing,
    "blackout": runs.blackout,
    "display": runs.displaying,
    "one display": runs.one_displaying,
    "invalid": runs.invalid,
    "interrupted": runs.interrupted,
    "unreachable": runs.unreachable,
    "two cells": partial(runs.matrix, codecs=["vp8", "h264"], rates=["2Mbps"]),
    "six cells": partial(
        runs.matrix, codecs=["vp8", "h264", "av1"], rates=["500kbps", "2Mbps"], repeat=3
    ),
    "hostile": runs.hostile,
}


class Reported:
    """Runs by state, each written when it is first asked for."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._runs: dict[str, Run] = {}

    def __getitem__(self, state: str) -> Run:
        if state not in self._runs:
            stored = BUILDERS[state](self._factory.mktemp(state.replace(" ", "-")))
            report.write(stored)
            self._runs[state] = open_run(stored.path)
        return self._runs[state]

    def html(self, state: str) -> str:
        """The page of a state."""
        return (self[state].path / report.REPORT_HTML).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    return Reported(tmp_path_factory)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    """A comparison of every state."""
    return comparisons.made(tmp_path_factory.mktemp("compared"))
