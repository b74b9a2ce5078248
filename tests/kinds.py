"""Holds that the tests which start processes say so by a marker.

A process costs a second or more; the unit tests are those that start none. What a fixture starts
counts for the test that needs it first.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Final

import pytest

STARTING: Final = ("integration", "session", "slow", "nightly")
_EVENTS: Final = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec")

_started: list[str] = []  # by the running test, not yet reported


class Plugin:
    """Fails a test that starts a process without one of the markers."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Keep what each test starts apart, also of one that runs within another."""
        before = _started.copy()
        _started.clear()
        try:
            return (yield)
        finally:
            _started[:] = before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fail the first step that started one, unless it failed by itself."""
        report = yield
        marked = any(item.get_closest_marker(name) for name in STARTING)
        if _started and not marked:
            if report.passed:
                report.outcome = "failed"
                report.longrepr = f"{item.nodeid} started {_started[0]}: mark it integration"
            _started.clear()
        return report


def _importing() -> bool:
    """Whether a module is being loaded, whose first importer is a matter of chance."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
    return False


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if event in _EVENTS and not _importing():
        _started.append(repr(arguments[0]) if arguments else event)


sys.addaudithook(_heard)
