"""The real livekit-server of the tests, and how to get one where there is none."""

from __future__ import annotations

import os

import pytest

from g2gbench.service.room.livekit_server import COMMAND, COMMAND_VARIABLE, find

BINARY = find(None, os.environ)
needs_livekit_server = pytest.mark.skipif(
    BINARY is None,
    reason=(
        f"no {COMMAND} on PATH or in ${COMMAND_VARIABLE}; "
        "to enable, with Go 1.26 or newer: python -m tests.provisioning"
    ),
)
