"""Become another program that the kernel ends when the parent process ends, however that goes.

``python -I -S leash.py PARENT COMMAND ARGUMENT…``. A lifeline on stdin does this for our own
processes; a foreign program does not watch one. It keeps this process's id.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2); Linux alone has it


def main(arguments: list[str]) -> None:
    """Replace this process: the parent's process id, then the command."""
    parent, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it was gone before the kernel was asked
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
