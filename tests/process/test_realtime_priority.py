"""Going first, where this machine allows it; in threads of their own, which nothing else uses."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from g2gbench.process import realtime_priority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux schedules like this")


def _in_a_thread() -> tuple[bool, int, int]:
    """What it said, the thread's policy then, and that of a process which the thread begins."""
    first = realtime_priority.use_realtime_priority()
    child = os.posix_spawn(
        sys.executable,
        [
            sys.executable,
            "-c",
            "import os, sys; sys.exit(os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK)",
        ],
        os.environ,
    )
    _, status = os.waitpid(child, 0)
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    return first, policy, os.waitstatus_to_exitcode(status)


@pytest.mark.integration
def test_it_goes_first_exactly_where_it_says_so_and_its_children_do_not() -> None:
    with ThreadPoolExecutor(1) as alone:
        first, policy, childs = alone.submit(_in_a_thread).result()
    assert policy == (os.SCHED_RR if first else os.SCHED_OTHER)
    assert childs == os.SCHED_OTHER
    assert os.sched_getscheduler(0) == os.SCHED_OTHER  # of this thread nothing was said


def test_who_may_not_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert not realtime_priority.use_realtime_priority()
