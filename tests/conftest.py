"""No test, and nothing that a test runs, prints the key that stands in its environment."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.sentinel import SENTINEL, VARIABLE, given_away

# The same examples at each run: a change fails for what it changed alone. Others on request.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("others", deadline=None, print_blob=True)
settings.load_profile("same")


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
