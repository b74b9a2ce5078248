"""What holds for every test: when it has the machine, and that it prints no key."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests import inconclusive, kinds, machine, provisioning
from tests.sentinel import SENTINEL, VARIABLE, given_away

# The same examples at each run: a change fails for what it changed alone. Others on request.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("others", deadline=None, print_blob=True)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    os.environ[VARIABLE] = SENTINEL
    # Compiling all that is imported, in each process again, takes longer than many a test.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ.update(provisioning.environment())
    config.pluginmanager.register(inconclusive.Plugin())
    config.pluginmanager.register(kinds.Plugin())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Have a session test alone on the machine, with the fixtures that it needs first.

    Outermost of all, so that waiting is no part of a test's time.
    """
    with machine.held(alone=item.get_closest_marker("session") is not None):
        return (yield)


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
