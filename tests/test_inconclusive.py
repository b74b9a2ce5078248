"""A session test whose trial the machine spoilt counts as neither passed nor failed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from g2gbench.analysis.trials import TrialResult, TrialStatus
from g2gbench.measure.check import Check
from tests.analysis.trials import trial
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.integration

pytest_plugins = ["pytester"]
CONFTEST = """
from tests.inconclusive import Plugin

def pytest_configure(config):
    config.addinivalue_line("markers", "session: runs a session")
    config.pluginmanager.register(Plugin())
"""
ALONE = ("-p", "no:g2gbench", "-p", "no:asyncio")
TESTS = """
import pytest
from tests.inconclusive import assert_sound
from tests.test_inconclusive import judged

@pytest.fixture
def recorded():
    assert_sound(judged("invalid", "starved.client"))
    assert False

@pytest.mark.session
def test_in_a_fixture(recorded): pass

@pytest.mark.session
def test_busy():
    assert_sound(judged("invalid", "backlog"))
    assert False

@pytest.mark.session
@pytest.mark.parametrize("number", range({others}))
def test_sound(number): pass

def test_no_session(): pass
"""


SPOILT = """
import pytest
from tests.inconclusive import assert_sound
from tests.test_inconclusive import judged

@pytest.mark.session
def test_spoilt():
    assert_sound(judged("ok"), judged("invalid", "starved.client"))
    assert {holds}
"""


@pytest.mark.parametrize(("others", "status"), [(98, 0), (97, 1)])
def test_more_than_two_in_a_hundred_fail_the_run(
    pytester: pytest.Pytester, others: int, status: int
) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS.format(others=others))
    done = pytester.runpytest_inprocess(*ALONE)
    assert done.ret == status
    done.assert_outcomes(passed=others + 1)
    done.stdout.fnmatch_lines(
        [
            f"*2 of {others + 2} session tests inconclusive*",
            "*::test_in_a_fixture: inconclusive: starved.client is why; it failed with *",
            "*::test_busy: inconclusive: backlog is why; it failed with *",
            "*2 inconclusive*",
        ]
    )


def test_a_failure_stays_one(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_wrong(): assert False")
    done = pytester.runpytest_inprocess(*ALONE)
    assert done.ret == 1
    done.assert_outcomes(failed=1)


def judged(status: TrialStatus, *failed: str) -> TrialResult:
    checks = tuple(Check(name, 2.0, 1.0, "s", False, f"{name} is why") for name in failed)
    return replace(trial(0, status=status), checks=checks)


def test_a_sound_trial_is_let_through() -> None:
    assert_sound(judged("ok"))


@pytest.mark.parametrize(("holds", "outcome"), [(True, "passed"), (False, "inconclusive")])
def test_a_test_that_fails_on_a_trial_that_the_machine_spoilt_is_inconclusive(
    pytester: pytest.Pytester, holds: bool, outcome: str
) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SPOILT.format(holds=holds))
    done = pytester.runpytest_inprocess(*ALONE)
    done.stdout.fnmatch_lines([f"*1 {outcome}*"])
    assert (
        "starved.client is why; it failed with AssertionError: assert False" in done.stdout.str()
    ) != holds


def test_what_the_machine_did_to_another_test_excuses_no_failure(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SPOILT.format(holds=True) + "\ndef test_wrong(): assert False\n")
    done = pytester.runpytest_inprocess(*ALONE)
    done.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize("wrong", ['"invalid", "misread"', '"failed"'])
def test_a_trial_that_the_machine_spoilt_excuses_no_other(
    pytester: pytest.Pytester, wrong: str
) -> None:
    pytester.makeconftest(CONFTEST)
    other = f"assert_sound(judged({wrong}))"
    pytester.makepyfile(SPOILT.format(holds=True).replace("assert True", other))
    pytester.runpytest_inprocess(*ALONE).assert_outcomes(failed=1)


def test_frames_that_a_busy_machine_held_are_its_own_doing() -> None:
    assert_sound(judged("invalid", "late_captures", "playout_excess"))


@pytest.mark.parametrize(
    "wrong",
    [
        judged("invalid", "starved", "misread"),
        judged("invalid", "playout_excess"),
        judged("failed"),
        judged("interrupted"),
    ],
)
def test_anything_else_that_is_wrong_is_a_failure(wrong: TrialResult) -> None:
    with pytest.raises(AssertionError):
        assert_sound(judged("invalid", "starved"), wrong)
