"""Every state of a run, stored and reported on once for all tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from functools import partial

import pytest

from g2gbench import report
from g2gbench.store.comparing import Comparison
from g2gbench.store.reading import Run, open_run
from tests.report import comparisons, runs
from tests.report.undrawn import undrawn

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


DRAWN = ("fail", "blackout", "two cells")
"""The states whose figures are drawn: of these, each kind of figure is in one."""


class Reported:
    """Runs by state, each stored when it is first asked for, and reported on when that is.

    On the pages of those in ``drawn`` the figures are drawn, on those of others and as files they
    are empty frames. No test may change what it gets.
    """

    def __init__(
        self,
        factory: pytest.TempPathFactory,
        drawn: Collection[str] = DRAWN,
        before: Reported | None = None,
    ) -> None:
        self._factory = factory
        self._drawn = drawn
        self._before = before
        self._stored: dict[str, Run] = {}
        self._written: dict[str, Run] = {}

    def __getitem__(self, state: str) -> Run:
        """The stored run alone."""
        if state not in self._stored:
            folder = self._factory.mktemp(state.replace(" ", "-"))
            self._stored[state] = BUILDERS[state](folder)
        return self._stored[state]

    def written(self, state: str) -> Run:
        """The run with its reports beside it; those that ``before`` has drawn are taken from it."""
        if self._before is not None and state in self._before._drawn:
            return self._before.written(state)
        if state not in self._written:
            stored = BUILDERS[state](self._factory.mktemp(f"{state.replace(' ', '-')}-reported"))
            with self.drawing(state):
                report.write(stored)
            self._written[state] = open_run(stored.path)
        return self._written[state]

    def html(self, state: str) -> str:
        """The page of a state."""
        return (self.written(state).path / report.REPORT_HTML).read_text(encoding="utf-8")

    def drawing(self, state: str) -> AbstractContextManager[None]:
        """Draw as the reports of this state are drawn."""
        return undrawn(pages=state not in self._drawn)


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    return Reported(tmp_path_factory)


@pytest.fixture(scope="session")
def all_drawn(reported: Reported, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Reports with the figures of every state."""
    return Reported(tmp_path_factory, tuple(BUILDERS), reported)


@pytest.fixture(
    params=["some drawn", pytest.param("all drawn", marks=pytest.mark.nightly)], scope="session"
)
def pages(request: pytest.FixtureRequest, reported: Reported) -> Reported:
    """Reports to look at whole; every night with the figures of every state."""
    if request.param == "some drawn":
        return reported
    drawn: Reported = request.getfixturevalue("all_drawn")
    return drawn


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    """A comparison of every state."""
    return comparisons.made(tmp_path_factory.mktemp("compared"))
