"""The result of a short session, from events of a session that never was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from g2gbench.quality import Level, Sample, Verdict
from g2gbench.realtime import connectivity, events
from g2gbench.realtime.connectivity import Evidence, deep
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.events import Event
from g2gbench.realtime.stun import Gathering, Probe

S = 1_000_000_000
GOOD = Verdict(Level.GOOD)


def _session(
    latencies_ms: Sequence[float | None], drop_ratio: float | None = 0.0, **sample: Any
) -> list[Event]:
    """One sample a second from the first frame on."""
    told: list[Event] = [
        events.SelectedCandidatePair(0, "host", "srflx", "udp"),
        events.FirstFrame(0, 300.0, 640, 360),
    ]
    for second, g2g_ms in enumerate(latencies_ms):
        taken = Sample(rtt_ms=20, g2g_ms=g2g_ms, g2g_drop_ratio=drop_ratio, ttff_ms=310, **sample)
        told.append(events.RtcStats(second * S, {"remote_inbound.jitter": 0.002}))
        told.append(events.QualitySample(second * S, taken, GOOD))
    return told


def _heard(told: list[Event]) -> Evidence:
    evidence = Evidence()
    for event in told:
        evidence.take(event)
        if evidence.enough.is_set():
            break
    return evidence


def test_five_samples_that_agree_are_enough_and_the_first_seconds_do_not_count() -> None:
    evidence = _heard(_session([900, 800, 700, 40, 41, 39, 40, 44, 43, 42]))
    assert evidence.enough.is_set()
    assert evidence.metrics() == {
        "transport": "udp",
        "rtt_ms": 20,
        "g2g_ms": 40,
        "ttff_ms": 310,
        "g2g_drop_ratio": 0.0,
        "upstream_jitter_ms": 2.0,
        "packet_loss": None,
        "sample_count": 5,
    }


def test_a_session_that_settles_late_is_waited_for() -> None:
    evidence = _heard(_session([900, 900, 900, 1100, 800, 500, 300, 42, 41, 40, 39, 40]))
    assert evidence.enough.is_set()
    assert evidence.summary().g2g_ms == 40
    assert not _heard(_session([900, 900, 900, 1100, 800, 500, 300, 42])).enough.is_set()


def test_a_session_that_never_settles_is_told_by_its_last_samples() -> None:
    evidence = _heard(_session([0, 0, 0, 100, 900, 200, 700, 300, 1000]))
    assert not evidence.enough.is_set()
    assert evidence.summary().g2g_ms == 700


@pytest.mark.parametrize(
    ("local", "protocol", "transport"),
    [("host", "udp", "udp"), ("relay", "udp", "relay"), ("host", "tcp", "relay")],
)
def test_the_transport_is_that_of_the_selected_pair(
    local: str, protocol: str, transport: str
) -> None:
    evidence = Evidence()
    evidence.take(events.SelectedCandidatePair(0, local, "host", protocol))
    assert evidence.metrics()["transport"] == transport


class _Session:
    """A session that plays its events when it is connected."""

    def __init__(self, told: list[Event], ends: bool = False) -> None:
        self.told = told
        self.left = False
        self._over = asyncio.Event()
        if ends:
            self._over.set()

    async def connect(self, hear: Callable[[Event], None]) -> Any:
        for event in self.told:
            hear(event)
        return self

    async def wait_until_over(self) -> None:
        await self._over.wait()

    async def disconnect(self) -> None:
        self.left = True


async def test_a_good_session_is_good_and_left() -> None:
    session = _Session(_session([40] * 9, fraction_lost=0.0))
    verdict = await deep(session.connect)
    assert verdict.level is Level.GOOD
    assert verdict.metrics["g2g_ms"] == 40
    assert session.left


async def test_drops_are_judged() -> None:
    verdict = await deep(_Session(_session([40] * 9, drop_ratio=0.03)).connect)
    assert verdict.level is Level.POOR
    assert verdict.limiting_factor == "stall"


async def test_connected_and_nothing_measured_is_fair_with_the_reason() -> None:
    session = _Session([], ends=True)
    verdict = await deep(session.connect)
    assert verdict.level is Level.FAIR
    assert "nothing was measured" in verdict.reasons[0]
    assert verdict.metrics["sample_count"] == 0
    assert session.left


async def test_no_session_is_critical_with_the_reason() -> None:
    async def refuse(_: Callable[[Event], None]) -> Any:
        raise RealtimeError(ErrorCode.INVALID_API_KEY, "the service says: Invalid API key")

    verdict = await deep(refuse)
    assert verdict.level is Level.CRITICAL
    assert "Invalid API key" in verdict.reasons[-1]
    assert verdict.metrics["error_code"] == "INVALID_API_KEY"


async def test_no_session_in_time_is_critical_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connectivity, "CONNECT_S", 0.05)

    async def hang(_: Callable[[Event], None]) -> Any:
        await asyncio.Event().wait()

    verdict = await deep(hang)
    assert verdict.level is Level.CRITICAL
    assert "not connected within 0.05 s" in verdict.reasons[-1]


async def test_a_check_that_is_given_up_leaves_the_session() -> None:
    session = _Session([])
    connected = asyncio.Event()

    async def connect(hear: Callable[[Event], None]) -> Any:
        connected.set()
        return await session.connect(hear)

    checking = asyncio.ensure_future(deep(connect))
    await connected.wait()
    await asyncio.sleep(0)
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking
    assert session.left


@pytest.mark.parametrize("error", ["its name cannot be resolved", "Connection refused"])
async def test_servers_that_could_not_be_asked_say_nothing_of_the_way(
    monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    async def gathered(_: object) -> Gathering:
        return Gathering(("IPv4",), (Probe("stun:h:1", "IPv4", None, error),), 10.0)

    monkeypatch.setattr(connectivity, "gather", gathered)
    found = await connectivity.shallow([])
    assert (found.level, found.metrics["transport"]) == (None, None)
    assert found.reasons[1] == f"stun:h:1: {error}"
    assert found.unmeasured == ("latency",)


@pytest.mark.parametrize(
    ("hosts", "error", "transport"),
    [(("IPv4",), "no answer in time", "relay"), ((), "Network is unreachable", "failed")],
)
async def test_a_server_that_is_silent_and_a_machine_without_an_address_say_something(
    monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, ...], error: str, transport: str
) -> None:
    async def gathered(_: object) -> Gathering:
        return Gathering(hosts, (Probe("stun:h:1", "IPv4", None, error),), 10.0)

    monkeypatch.setattr(connectivity, "gather", gathered)
    found = await connectivity.shallow([])
    assert found.metrics["transport"] == transport
    assert found.level is not None
