"""``preflight --deep`` against ``serve``: a short real session, judged and torn down."""

from __future__ import annotations

import asyncio
import json

import pytest

from g2gbench import quality
from g2gbench.realtime import ConnectOptions, RealtimeClient, RealtimeModel
from tests.e2e.served import SECRET, serving
from tests.e2e.sessions import g2gbench

pytestmark = [pytest.mark.session, pytest.mark.slow]


async def test_a_short_session_is_measured_and_left() -> None:
    async with (
        serving("--key", SECRET) as url,
        RealtimeClient(SECRET, base_url=url) as client,
    ):
        verdict = await client.check_connectivity(deep=True, model="lucy-2.1")
        metrics = verdict.metrics
        assert metrics["sample_count"] >= 5
        assert metrics["g2g_ms"] > 0
        assert metrics["ttff_ms"] > 0
        assert metrics["transport"] == "udp"
        assert verdict.level is not None
        judged = quality.deep_preflight(
            quality.Sample(
                rtt_ms=metrics["rtt_ms"],
                g2g_ms=metrics["g2g_ms"],
                ttff_ms=metrics["ttff_ms"],
                g2g_drop_ratio=metrics["g2g_drop_ratio"],
                fraction_lost=metrics["packet_loss"],
            )
        )
        assert verdict.level is judged.level
        # The only seat is free again: it was left.
        small = RealtimeModel("lucy-2.1", 320, 192, 15)
        assert (await client.connect(ConnectOptions(model=small))).is_connected


async def _deep(*options: str) -> tuple[int, dict[str, object]]:
    process = await g2gbench("preflight", "--deep", "--json", *options, DECART_API_KEY=SECRET)
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert SECRET not in (out + err).decode()
    assert process.returncode is not None
    return process.returncode, json.loads(out)


@pytest.mark.nightly
async def test_a_network_in_between_is_found() -> None:
    async with serving("--key", SECRET) as url:
        status, told = await _deep("--url", url, "--network", "lte")
    assert status in (0, 1, 3)
    assert told["metrics"]["rtt_ms"] > 30  # type: ignore[index] # read from JSON


async def test_a_refused_key_is_exit_4_and_says_so() -> None:
    async with serving("--key", "another") as url:
        status, told = await _deep("--url", url)
    assert status == 4
    assert told["quality"] == "critical"
    assert "Invalid API key" in str(told["reasons"])
    assert "The service refuses the key" in str(told["advice"])
