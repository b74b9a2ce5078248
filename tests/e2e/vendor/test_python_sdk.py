"""The vendor's Python SDK, unmodified, through a whole session with ``g2gbench serve``."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest

from tests.e2e.livekit import needs_livekit_server
from tests.e2e.sessions import ROOT
from tests.e2e.vendor.provided import ROOMS, VENDOR_PYTHON, needs_python_sdk
from tests.e2e.vendor.served import KEY, Served, serving

pytestmark = [pytest.mark.session, pytest.mark.slow, needs_python_sdk]
SENT = range(5000, 15000)
GREY = 150
STYLED = {"a cyberpunk city": 137}  # what the emulated model makes of that grey


async def _run(served: Served, prompt: str | None, connect_with: str) -> dict[str, Any]:
    """What the script found; it runs in an environment of its own."""
    process = await asyncio.create_subprocess_exec(
        VENDOR_PYTHON,
        "-m",
        "tests.e2e.vendor.python_session",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "*"},
    )
    asked = {
        "http": served.http,
        "websocket": served.websocket,
        "key": KEY,
        "prompt": prompt,
        "connect_with": connect_with,
    }
    out, err = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), 200)
    assert process.returncode == 0, err.decode()[-3000:]
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("room", ROOMS)
async def test_a_session_with_an_initial_prompt_runs_from_connect_to_disconnect(room: str) -> None:
    async with serving(room) as served:
        found = await _run(served, "a cyberpunk city", connect_with="token")
    session = found["session"]
    assert len(session["numbers"]) >= 20
    assert all(number in SENT[: session["sent"]] for number in session["numbers"])
    assert sorted(session["numbers"]) == session["numbers"]
    styled = STYLED["a cyberpunk city"]  # from the first frame on
    assert all(abs(grey - styled) <= 3 for grey in session["first_greys"])
    assert session["ticks"] == sorted(set(session["ticks"]))
    assert session["state"] == "generating"
    assert session["states"][-2:] == ["generating", "disconnected"]
    assert session["errors"] == []
    assert session["viewed"]
    assert all(number in SENT[: session["sent"]] for number in session["viewed"])
    assert found["token"]["api_key"].startswith("ek_")
    assert found["token"]["permissions"] == {"models": ["lucy-2.5"]}
    assert found["token"]["constraints"] == {"realtime": {"maxSessionDuration": 300}}
    assert found["token"]["models"] == ["lucy-2.5"]
    assert "Invalid API key" in found["refusal"]
    started = [line for line in served.said if "started: lucy-2.5, 1280x720" in line]
    ended = [line for line in served.said if line.endswith("client left")]
    assert len(started) == len(ended) == 1
    assert session["session_id"] in started[0]
    # It does not try again.
    assert served.said.count("a client was refused: Invalid API key") == 1


@pytest.mark.parametrize(
    "room",
    ["embedded", pytest.param("livekit-server", marks=[needs_livekit_server, pytest.mark.nightly])],
)
async def test_without_an_initial_state_the_picture_passes_until_it_is_told_otherwise(
    room: str,
) -> None:
    async with serving(room) as served:
        found = await _run(served, None, connect_with="key")
    session = found["session"]
    assert all(abs(grey - GREY) <= 3 for grey in session["first_greys"])
    assert session["viewed"]
    assert session["errors"] == []
