"""No test, and nothing that a test runs, prints the key that stands in its environment."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.sentinel import SENTINEL, VARIABLE, given_away


def pytest_configure(config: pytest.Config) -> None:
    os.environ[VARIABLE] = SENTINEL


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail whatever test printed the key: on stdout, on stderr, in a log, in a traceback."""
    report = yield
    where = given_away(report)
    if where:
        report.outcome = "failed"
        report.sections = []
        report.longrepr = f"{item.nodeid} printed the key of ${VARIABLE}: {', '.join(where)}"
    return report
