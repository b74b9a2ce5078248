from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from g2gbench.report import junit
from g2gbench.store.reading import Run, open_run
from tests.report import runs
from tests.report.conftest import BUILDERS, Reported


def parsed(run: Run) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(run))


@pytest.mark.parametrize("state", BUILDERS)
def test_counts_are_those_of_the_cases(reported: Reported, state: str) -> None:
    root = parsed(reported[state])
    assert root.tag == "testsuites"
    for element in (root, *root.findall("testsuite")):
        cases = list(element.iter("testcase"))
        assert cases
        assert element.get("tests") == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(name) == str(sum(case.find(tag) is not None for case in cases))


@pytest.mark.parametrize(
    ("state", "tests", "failures", "errors", "skipped"),
    [
        ("pass", 5, 0, 0, 0),
        ("fail", 5, 1, 0, 0),
        ("invalid", 5, 0, 1, 4),
        ("interrupted", 5, 0, 1, 4),
        ("unreachable", 5, 0, 1, 4),
        ("six cells", 18, 3, 1, 2),
    ],
)
def test_failures_are_broken_expectations_and_errors_are_cells_without_a_verdict(
    reported: Reported, state: str, tests: int, failures: int, errors: int, skipped: int
) -> None:
    root = parsed(reported[state])
    found = [int(root.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped")]
    assert found == [tests, failures, errors, skipped]


def test_a_failure_says_the_number_and_its_limit(reported: Reported) -> None:
    failure = parsed(reported["fail"]).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "g2g p95 was 661 ms, limit 500 ms"


def test_an_unreachable_target_is_told_as_such(reported: Reported) -> None:
    error = parsed(reported["unreachable"]).find(".//error")
    assert error is not None
    assert (error.get("type"), error.get("message")) == (
        "unreachable",
        "the service refused the key (401)",
    )


def test_a_run_without_a_cell_still_has_a_case(tmp_path: Path) -> None:
    run = runs.store(tmp_path, {})
    root = parsed(open_run(run.path))
    assert (root.get("tests"), root.get("errors")) == ("1", "1")


def test_text_from_outside_is_well_formed(reported: Reported) -> None:
    root = parsed(reported["hostile"])
    assert "<script>alert(1)</script>" in str(root.get("name"))
    assert "\x1b" not in str(root.get("name"))
