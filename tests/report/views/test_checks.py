"""Every check against a run that breaks it, through the real store and the real limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.measure.limits import LIMITS
from g2gbench.measure.records import Counters, Event, Stats
from g2gbench.report.text.headline import headline
from g2gbench.report.views.checks import CheckRow, checks
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import LIVE_NS, SECOND, Recipe

pytestmark = pytest.mark.integration

LATER_NS = LIVE_NS + 8 * SECOND
LATE = "packets that left the link late, p99"
BYPASS = "media packets that bypassed the link"
SWAPPED = "memory swapped in or out"
CLOCK = "steps of the wall clock"
PLAYOUT = "frames held beyond the playout delay"
QUEUES = "frames dropped by the tool's own queues"


def found(run: Run) -> Mapping[str, CheckRow]:
    return {check.name: check for check in checks(run)}


def machine(swapped_bytes: int) -> Counters:
    return Counters(LATER_NS, "machine", {"swapped_bytes": swapped_bytes})


BROKEN: Mapping[str, tuple[Recipe, str, str]] = {
    LATE: (Recipe(link=True, late_ms=12), "12 ms", "did not get a core in time"),
    BYPASS: (
        Recipe(link=True, more=(Stats(LATER_NS, {"outbound.packets_sent": 900}),)),
        "uplink, 33.3%",
        "Media bypassed the link",
    ),
    SWAPPED: (Recipe(more=(machine(3 * 2**20),)), "3.0 MiB", "Memory was short"),
    CLOCK: (
        Recipe(more=(machine(0), Event(LATER_NS, "clock_step", {"step_ms": -250.0}))),
        "250 ms",
        "clock was set during the trial",
    ),
    PLAYOUT: (
        Recipe(link=True, playout_delay_ms=(0, 0)),
        "client, 111 ms",
        "did not take the playout delay",
    ),
    QUEUES: (
        Recipe(more=(Counters(LATER_NS, "worker", {"stream_dropped": 2}),)),
        "worker stream, 2 frames",
        "This machine was the bottleneck",
    ),
}


PAGE: Recipe = Recipe(link=True, display=20)
BROKEN_PAGE: Mapping[str, tuple[Event | Stats, str, str]] = {
    "greatest error of a page's clock": (
        Event(LATER_NS, "page", {"clock_error_ms": 1.25, "hidden": False}),
        "1.25 ms",
        "answered too unevenly",
    ),
    "pages that were hidden": (
        Event(LATER_NS, "page", {"clock_error_ms": 0.1, "hidden": True}),
        "1",
        "was not left to itself",
    ),
    "frames that a page and its browser count differently": (
        Stats(LATER_NS, {"source.frames": 204, "inbound.frames_decoded": 200}),
        "read, 5 frames",
        "was not left to itself",
    ),
}


@pytest.mark.parametrize("name", BROKEN_PAGE)
def test_what_makes_a_page_s_trial_invalid_fails_its_check_and_has_a_remedy(
    tmp_path: Path, name: str
) -> None:
    record, worst, remedy = BROKEN_PAGE[name]
    run = runs.store(tmp_path, {"default": [replace(PAGE, more=(record,))]})
    assert run.status == "invalid"
    assert [check.name for check in checks(run) if check.state == "fail"] == [name]
    assert found(run)[name].worst == worst
    (advice,) = headline(run.result, {"default": 1}).advice
    assert remedy in advice


def test_the_checks_of_a_page_are_shown_where_a_client_was_one(
    tmp_path: Path, reported: Reported
) -> None:
    event = Event(LATER_NS, "page", {"clock_error_ms": 1.0, "hidden": False})
    run = runs.store(tmp_path, {"default": [replace(PAGE, more=(event,))]})
    assert [found(run)[name].state for name in BROKEN_PAGE] == ["pass"] * 3
    assert not set(BROKEN_PAGE) & set(found(reported["pass"]))


@pytest.mark.parametrize("name", BROKEN)
def test_what_makes_a_trial_invalid_fails_its_check_and_has_a_remedy(
    tmp_path: Path, name: str
) -> None:
    recipe, worst, remedy = BROKEN[name]
    run = runs.store(tmp_path, {"default": [recipe]})
    assert run.status == "invalid"
    assert [check.name for check in checks(run) if check.state == "fail"] == [name]
    assert (found(run)[name].worst, found(run)[name].outcome) == (worst, "exceeded")
    (advice,) = headline(run.result, {"default": 1}).advice
    assert remedy in advice


def test_a_sound_trial_is_within_every_bound(tmp_path: Path) -> None:
    recipe = Recipe(link=True, playout_delay_ms=(0, 100), more=(machine(0),))
    run = runs.store(tmp_path, {"default": [recipe]})
    worst = {check.name: check.worst for check in checks(run) if check.state == "pass"}
    assert worst[LATE] == "0 ms"
    assert found(run)[BYPASS].state == "nodiff"  # the client counted nothing
    assert worst[SWAPPED] == "0.0 MiB"
    assert worst[CLOCK] == "0 ms"
    assert worst[PLAYOUT] == "client, 11.2 ms"
    assert not [check for check in checks(run) if check.state == "fail"]


def test_of_a_version_that_kept_no_checks_those_are_shown_that_can_be_made_again(
    tmp_path: Path,
) -> None:
    run = runs.store(tmp_path, {"default": [Recipe(link=True, late_ms=12, more=(machine(0),))]})
    trial = replace(run.trials[0], result=replace(run.trials[0].result, checks=(), metrics={}))
    few = found(replace(run, trials=(trial,)))
    assert (few[SWAPPED].state, few[LATE].state) == ("pass", "nodiff")
    measured = replace(trial, result=replace(run.trials[0].result, checks=()))
    again = found(replace(run, trials=(measured,)))
    assert (again[LATE].worst, again[LATE].state) == ("12 ms", "fail")
    assert again["frames unreadable or misread"].state == "nodiff"


def test_what_was_not_watched_is_not_called_fine(reported: Reported) -> None:
    for name in (LATE, BYPASS, SWAPPED, CLOCK, PLAYOUT):
        check = found(reported["pass"])[name]
        assert (check.state, check.worst) == ("nodiff", "not measured")
    assert "No link ran." in found(reported["pass"])[BYPASS].meaning


def test_an_impaired_network_may_hold_frames(tmp_path: Path) -> None:
    link = Event(LIVE_NS, "link", {"label": "wifi", "impaired": True})
    recipe = Recipe(link=True, playout_delay_ms=(0, 0), more=(link,))
    run = runs.store(tmp_path, {"default": [recipe]})
    assert found(run)[PLAYOUT].state == "nodiff"


def test_bounds_are_the_limits(reported: Reported) -> None:
    bounds = {check.name: check.bound for check in checks(reported["blackout"])}
    assert bounds[LATE] == f"{LIMITS.link_late_ratio:.0%} or {LIMITS.link_late_ms:g} ms"
    assert bounds[CLOCK] == f"{LIMITS.clock_step_ms:g} ms"
    assert bounds[QUEUES] == f"{LIMITS.queue_drops}"
