"""Real-time scheduling for threads that must act on time."""

from __future__ import annotations

import os

_LOWEST_OF_REAL_TIME = 1


def use_realtime_priority() -> bool:
    """Let the calling thread run as soon as it is woken, before whatever else is busy; if it may.

    For a thread that does little each time and must do it on time. Linux's real-time scheduling
    (sched(7)), which needs CAP_SYS_NICE or a limit on ``rtprio``. A nice value would not do: it
    counts among the processes of one session only.
    """
    try:
        scheduling = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, scheduling, os.sched_param(_LOWEST_OF_REAL_TIME))
    except (AttributeError, OSError):  # not Linux, or not allowed
        return False
    return True
