"""Every exception that g2gbench raises on purpose, and the exit code that each stands for.

::

    G2GBenchError                                                              exit 5
    ├── InputError           bad scenario, option or file                      exit 2
    │   └── ScenarioError    a scenario, with every problem and its place
    ├── UnreachableError     the target could not be reached, or refused       exit 4
    │   └── RoomUnavailable  no room could be had for a session
    ├── FaultError           this tool, or this machine, is at fault           exit 5
    │   └── ChildLost        a process of the instrument ended, or never began
    ├── RealtimeError        `g2gbench.realtime`: a session's error, with its code
    ├── NotCalibrated, NotGraded                 too little could be measured
    └── PageFailed, RoomFailed, SessionFailed, Stopped    within a trial: they become its status

Exceptions of other libraries are translated where they are met, with ``raise … from``.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of a g2gbench process; the same for every command."""

    PASS = 0
    FAIL = 1
    BAD_INPUT = 2
    INVALID = 3
    UNREACHABLE = 4
    FAULT = 5
    INTERRUPTED = 130


class G2GBenchError(Exception):
    """Base of all errors that g2gbench raises on purpose; the message says what to do next."""

    exit_code: ExitCode = ExitCode.FAULT


class InputError(G2GBenchError):
    """A scenario, option or file that cannot be used: where, what was found, what is allowed."""

    exit_code = ExitCode.BAD_INPUT


class UnreachableError(G2GBenchError):
    """The target could not be reached, or it refused."""

    exit_code = ExitCode.UNREACHABLE


class FaultError(G2GBenchError):
    """A fault of this tool or of this machine, such as an instrument that cannot start."""

    exit_code = ExitCode.FAULT
