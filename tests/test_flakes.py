"""The rates of failure of repeated tests."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests import flakes

pytestmark = pytest.mark.integration

pytest_plugins = ["pytester"]
TESTS = """
import pytest
from tests.inconclusive import PREFIX

@pytest.fixture
def breaks():
    yield
    assert {number} != 1, "broke afterwards"

def test_sound(): pass
def test_skipped(): pytest.skip("not here")
def test_flaky(): assert {number} != 0, "the first time"
def test_afterwards(breaks): pass
def test_busy(): pytest.skip(PREFIX + "it was busy")
"""
ALONE = ("-p", "no:g2gbench", "-p", "no:asyncio", "-p", "no:cacheprovider")


def test_every_test_that_ever_failed_or_was_inconclusive_gets_a_rate(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    found: dict[str, Counter[str]] = {}
    texts = []
    for number in range(3):
        path = pytester.makepyfile(test_them=TESTS.format(number=number))
        junit = tmp_path / f"{number}.xml"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.dont_write_bytecode", True)  # the same second, another source
            pytester.runpytest_inprocess(f"--junitxml={junit}", *ALONE, path)
        for outcome in flakes.outcomes(junit):
            found.setdefault(outcome.test, Counter())[outcome.kind] += 1
            texts += [outcome.text] if outcome.kind == "failed" else []
    assert "AssertionError: the first time" in texts[0]
    assert "AssertionError: broke afterwards" in texts[1]
    assert flakes.table(found) == [
        "| Test | Failed | Rate | Inconclusive |",
        "|---|---:|---|---:|",
        "| test_them::test_afterwards | 1 of 3 | 0 to 91 % | 0 of 3 |",
        "| test_them::test_busy | 0 of 0 | never ran to its end | 3 of 3 |",
        "| test_them::test_flaky | 1 of 3 | 0 to 91 % | 0 of 3 |",
        "| all | 2 of 9 | 2 to 61 % | 3 of 12 |",
    ]


def test_it_repeats_what_it_is_given_and_tells_of_each_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "test_them.py"
    path.write_text(TESTS.format(number=0))
    given = [str(path), f"--rootdir={tmp_path}", *ALONE]
    assert flakes.main(["--times", "1", "--load", "1", "--", *given]) == 1
    said = capsys.readouterr().out
    assert "failed: test_them::test_flaky" in said
    assert "run 1 of 1: 1 failed, 1 inconclusive, 2 passed, 1 skipped; " in said
    assert said.splitlines()[-1] == "| all | 1 of 3 | 0 to 91 % | 1 of 4 |"


def test_runs_that_were_kept_are_counted_with_those_that_follow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "test_them.py"
    path.write_text(TESTS.format(number=0))
    given = ["--times", "1", "--keep", str(tmp_path / "kept"), "--", str(path)]
    for ran in (3, 6):
        assert flakes.main([*given, f"--rootdir={tmp_path}", *ALONE]) == 1
        last = capsys.readouterr().out.splitlines()[-1]
        assert f"of {ran} |" in last
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_pytest_that_cannot_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ChildProcessError, match="unrecognized arguments"):
        flakes.run_once(["--no-such-option"], tmp_path / "junit.xml")
