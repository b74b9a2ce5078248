"""The outcome of a session test that fails on a trial which this machine made invalid: none.

Such a test neither passed nor failed. It is counted and listed, and a run of which more than `MOST`
of the session tests were inconclusive fails: it has shown too little. What a test asserts that
holds on any machine passes on such a trial too.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import pytest

from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.check import Check

MOST: Final = 0.02
PREFIX: Final = "inconclusive: "
# The checks that a busy machine makes a session fail that is sound otherwise.
MACHINE: Final = (
    "late_captures",
    "queue_drops",
    "cores",
    "machine_cores",
    "swapped",
    "clock_step",
    "page_clock",  # no answer of a whole session was prompt
    "link_late",
    "link_overflowed",
    "starved",
    "stood_still",
    "unsettled",
    "backlog",
    "page_frames",  # a busy browser drops them between its page and its encoder
)
# What follows from that: a decoder that waits for a core holds its frames. Alone it is a fault.
FOLLOWS: Final = ("playout_excess", "undisplayed", "in_flight")

_spoilt: list[str] = []  # what the machine did to the trials of the test that runs


def assert_sound(*results: TrialResult) -> None:
    """Fail for a trial with anything wrong that the machine is not to blame for.

    Where it is, the test goes on; should it fail, it is inconclusive.
    """
    for result in results:
        if result.status not in ("ok", "invalid"):
            _spoilt.clear()
        assert result.status in ("ok", "invalid"), (result.status, result.message)
        failed = [check for check in result.checks if not check.ok]
        machine = [check for check in failed if _is_of(MACHINE, check)]
        if machine:
            machine += [check for check in failed if _is_of(FOLLOWS, check)]
        wrong = [check.text for check in failed if check not in machine]
        if wrong:
            _spoilt.clear()  # another trial that the machine spoilt excuses nothing of it
        assert not wrong, wrong
        _spoilt.extend(check.text for check in machine)


def _is_of(kinds: tuple[str, ...], check: Check) -> bool:
    return check.check.partition(".")[0] in kinds


class Plugin:
    """Tells pytest of the outcome, and holds the bound."""

    def __init__(self) -> None:
        self._ran = 0
        self._reports: list[pytest.TestReport] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Keep the trials of each test apart, also of one that runs within another."""
        before = _spoilt.copy()
        _spoilt.clear()
        try:
            return (yield)
        finally:
            _spoilt[:] = before

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Mark the report of such a test."""
        report = yield
        if call.excinfo is not None and report.failed and _spoilt:
            report.outcome = "skipped"
            reason = f"{PREFIX}{'; '.join(_spoilt)}; it failed with {call.excinfo.exconly()}"
            report.longrepr = (str(item.path), item.location[1] or 0, reason)
            report.inconclusive = True  # type: ignore[attr-defined] # carried along, also by xdist
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show it as an outcome of its own."""
        if getattr(report, "inconclusive", False):
            return "inconclusive", "I", "INCONCLUSIVE"
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count it, and the session tests that ran."""
        if getattr(report, "inconclusive", False):
            self._reports.append(report)
            self._ran += report.when == "setup"
        if report.when == "call" and "session" in report.keywords:
            self._ran += 1

    @property
    def too_many(self) -> bool:
        """Whether the run has shown too little."""
        return len(self._reports) > MOST * self._ran

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that has shown too little."""
        if self.too_many and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List them."""
        if not self._reports:
            return
        found = f"{len(self._reports)} of {self._ran} session tests inconclusive"
        terminalreporter.section(found + (", too many: FAILED" if self.too_many else ""))
        for report in self._reports:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            terminalreporter.line(f"{report.nodeid}: {reason}")
