"""Every exception that g2gbench raises on purpose, and the exit code that each stands for.

::

    G2GBenchError
    ├── InputError           bad scenario, option or file                      exit 2
    │   └── NotSupportedYet  a valid field whose behaviour comes later         exit 2
    ├── InvalidMeasurement   measured, but the instrument was the bottleneck   exit 3
    └── UnreachableError     the target could not be reached, or refused       exit 4

Exceptions of other libraries are translated where they are met, with ``raise … from``.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a g2gbench process ends with; the same for every command."""

    PASS = 0
    FAIL = 1
    BAD_INPUT = 2
    INVALID = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


class G2GBenchError(Exception):
    """Base of all errors that g2gbench raises on purpose; the message says what to do next."""

    exit_code: ExitCode = ExitCode.FAIL


class InputError(G2GBenchError):
    """A scenario, option or file that cannot be used: where, what was found, what is allowed."""

    exit_code = ExitCode.BAD_INPUT


class NotSupportedYet(InputError):  # noqa: N818 - reads as the sentence that the user sees
    """A field of the contract whose behaviour comes with a later version."""


class InvalidMeasurement(G2GBenchError):  # noqa: N818 - a verdict on data, not a malfunction
    """Something was measured, but this machine or too little data stands before a number."""

    exit_code = ExitCode.INVALID


class UnreachableError(G2GBenchError):
    """The target could not be reached, or it refused."""

    exit_code = ExitCode.UNREACHABLE
