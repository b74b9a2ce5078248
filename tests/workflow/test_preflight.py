"""A preflight on a machine that keeps it from its cores is no verdict on the network."""

from __future__ import annotations

import asyncio

import pytest

from g2gbench.cli.preflight import _status
from g2gbench.errors import ExitCode
from g2gbench.measure.limits import LIMITS
from g2gbench.quality import Sample, Verdict, deep_preflight
from g2gbench.report.formats.preflight import advice, document, lines
from g2gbench.workflow.preflight import OwnWatch, held_against, watched

SECOND = 1_000_000_000
GOOD = deep_preflight(Sample(rtt_ms=20, g2g_ms=100, ttff_ms=500, g2g_drop_ratio=0.0))


def busy(ratio: float = 0.0, stall_s: float = 0.0) -> OwnWatch:
    found = OwnWatch(began_ns=0)
    found.stalled(SECOND, stall_s)
    found.stalled(2 * SECOND, stall_s / 2)
    found.sampled(10 * SECOND, ratio * 10)
    return found


@pytest.mark.parametrize(
    ("watch", "valid"),
    [
        (busy(LIMITS.run_delay_ratio, LIMITS.stood_still_s), True),
        (busy(LIMITS.run_delay_ratio + 0.01), False),
        (busy(0, LIMITS.stood_still_s + 0.01), False),
    ],
)
def test_a_machine_that_is_too_busy_gives_no_verdict(watch: OwnWatch, valid: bool) -> None:
    verdict = held_against(GOOD, watch.checks())
    assert (verdict.level is not None) == valid
    assert _status(verdict, "fair") is (ExitCode.PASS if valid else ExitCode.INVALID)
    first = next(iter(lines(verdict, deep=True)))
    assert first == ("GOOD  deep preflight" if valid else "INVALID  deep preflight")
    assert all(check["ok"] for check in verdict.metrics["checks"]) == valid
    assert ("invalid_because" in verdict.metrics) != valid
    assert valid or "Close what else runs here" in advice(verdict)[0]
    assert valid or document(verdict, deep=True)["quality"] is None


def test_that_no_session_could_be_had_is_said_on_a_busy_machine_too() -> None:
    refused = Verdict(level=GOOD.level, limiting_factor="none", metrics={"error": "nobody there"})
    verdict = held_against(refused, busy(0.5).checks())
    assert _status(verdict, "fair") is ExitCode.UNREACHABLE
    assert "invalid_because" not in verdict.metrics


def test_a_system_that_does_not_tell_is_not_called_busy() -> None:
    found = OwnWatch(began_ns=0)
    found.sampled(SECOND, None)
    assert [check.check for check in found.checks()] == ["stood_still.preflight"]


async def test_this_process_is_watched_while_the_context_is_open() -> None:
    async with watched() as found:
        await asyncio.sleep(0)
    assert found.ended_ns >= found.began_ns
    assert all(check.ok for check in found.checks())
