from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml

from g2gbench.report.formats import junit
from g2gbench.store.reading import Run, open_run
from tests.report import runs
from tests.report.conftest import BUILDERS, Reported

pytestmark = pytest.mark.integration


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
            if (element.tag, name) != ("testsuites", "skipped"):
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
    found = [int(root.get(name, "-1")) for name in ("tests", "failures", "errors")]
    found.append(sum(int(suite.get("skipped", "-1")) for suite in root.findall("testsuite")))
    assert found == [tests, failures, errors, skipped]


# What the schema of Jenkins' xUnit plugin (junit-10.xsd) lets stand where, of what is used here.
ATTRIBUTES: Mapping[str, tuple[set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": ({"name", "tests", "failures", "errors"}, {"skipped", "time", "timestamp"}),
    "testcase": ({"name"}, {"time", "classname"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
}
CHILDREN: Mapping[str, set[str]] = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "skipped"},
}


@pytest.mark.parametrize("state", BUILDERS)
def test_it_holds_to_the_schema_of_ci_servers(reported: Reported, state: str) -> None:
    root = parsed(reported[state])
    for element in root.iter():
        needed, allowed = ATTRIBUTES[element.tag]
        assert needed <= set(element.attrib) <= needed | allowed
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        assert re.fullmatch(r"\d*(\.\d*)?", element.get("time", ""))


@pytest.mark.parametrize("state", BUILDERS)
def test_a_library_of_others_reads_the_same(reported: Reported, state: str) -> None:
    text = junit.render(reported[state])
    found = JUnitXml.fromstring(text.partition("?>")[2])
    cases = [case for suite in found for case in suite]
    assert found.tests == len(cases) >= 1
    kinds = [type(result) for case in cases for result in case.result]
    assert (found.failures, found.errors) == (kinds.count(Failure), kinds.count(Error))
    assert all(case.name and case.classname for case in cases)


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
