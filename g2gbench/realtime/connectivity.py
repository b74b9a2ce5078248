"""Preflight of a session: by gathering alone, or by a short real session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from g2gbench.quality import Sample, Verdict, deep_preflight, shallow_preflight
from g2gbench.quality.level import LATENCY
from g2gbench.realtime import events
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.events import Event
from g2gbench.realtime.session import Session
from g2gbench.realtime.stun import Gathering, StunServer, gather

CONNECT_S = 20.0
MEASURE_S = 12.0
ENOUGH_SAMPLES = 5
SETTLE_S = 3.0  # a session's first seconds are not its steady state
STEADY_SHARE, STEADY_MS = 0.25, 25.0  # by so much a steady sample may differ from the median


async def shallow(servers: Sequence[StunServer]) -> Verdict:
    """Gather, and judge; ends within 6 s. The verdict's metrics say what was found."""
    gathered = await gather(servers)
    known = gathered.is_conclusive or gathered.transport == "failed"
    verdict = (
        shallow_preflight(gathered.transport, gathered.rtt_ms) if known else _unknown(gathered)
    )
    metrics = {
        "transport": gathered.transport if known else None,
        "rtt_ms": gathered.rtt_ms,
        "hosts": list(gathered.hosts),
        "took_ms": gathered.took_ms,
        "stun": [
            {"server": p.server, "family": p.family, "rtt_ms": p.rtt_ms, "error": p.error}
            for p in gathered.probes
        ],
    }
    return replace(verdict, metrics=metrics)


def _unknown(gathered: Gathering) -> Verdict:
    """The verdict where no server was asked that could have answered."""
    errors = dict.fromkeys(f"{probe.server}: {probe.error}" for probe in gathered.probes)
    reason = "whether UDP passes is not known: no STUN server could be asked"
    return Verdict(None, reasons=(reason, *errors), unmeasured=(LATENCY,))


@dataclass(slots=True)
class Evidence:
    """Evidence of a short session, sample by sample. Takes a session's events."""

    steady_ns: int = 0  # samples from then on count
    samples: list[Sample] = field(default_factory=list)
    ttff_ms: float | None = None
    rtt_ms: float | None = None
    jitter_ms: float | None = None
    transport: str | None = None
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: Event) -> None:
        """One event of the session."""
        if isinstance(event, events.FirstFrame):
            self.steady_ns = event.at_ns + round(SETTLE_S * 1e9)
        elif isinstance(event, events.SelectedCandidatePair):
            relayed = "relay" in (event.local_type, event.remote_type)
            self.transport = "relay" if relayed or event.protocol == "tcp" else "udp"
        elif isinstance(event, events.RtcStats):
            jitter_s = event.values.get("remote_inbound.jitter")
            if isinstance(jitter_s, float):
                self.jitter_ms = jitter_s * 1e3
        elif isinstance(event, events.QualitySample):
            self._sampled(event)

    def _sampled(self, event: events.QualitySample) -> None:
        sample = event.sample
        self.ttff_ms = sample.ttff_ms if sample.ttff_ms is not None else self.ttff_ms
        self.rtt_ms = sample.rtt_ms if sample.rtt_ms is not None else self.rtt_ms
        if self.steady_ns and event.at_ns >= self.steady_ns:
            self.samples.append(sample)
            if self._steady:
                self.enough.set()

    @property
    def _steady(self) -> bool:
        """Whether the last samples agree: a sender's first frames may queue for seconds."""
        last = self._of("g2g_ms")[-ENOUGH_SAMPLES:]
        if len(last) < ENOUGH_SAMPLES:
            return False
        middle = median(last)
        bound = max(STEADY_MS, STEADY_SHARE * middle)
        return all(abs(value - middle) <= bound for value in last)

    def summary(self) -> Sample:
        """The last samples as one."""
        latencies = self._of("g2g_ms")[-ENOUGH_SAMPLES:]
        losses = self._of("fraction_lost")[-ENOUGH_SAMPLES:]
        drops = self._of("g2g_drop_ratio")[-1:]  # of its last four seconds
        return Sample(
            rtt_ms=self.rtt_ms,
            relayed=self.transport == "relay",
            g2g_ms=median(latencies) if latencies else None,
            g2g_drop_ratio=drops[0] if drops else None,
            fraction_lost=median(losses) if losses else None,
            ttff_ms=self.ttff_ms,
        )

    def metrics(self) -> dict[str, object]:
        """Return the measured values by name."""
        sample = self.summary()
        return {
            "transport": self.transport,
            "rtt_ms": sample.rtt_ms,
            "g2g_ms": sample.g2g_ms,
            "ttff_ms": sample.ttff_ms,
            "g2g_drop_ratio": sample.g2g_drop_ratio,
            "upstream_jitter_ms": self.jitter_ms,
            "packet_loss": sample.fraction_lost,
            "sample_count": len(self._of("g2g_ms")),
        }

    def _of(self, name: str) -> list[float]:
        values = (getattr(sample, name) for sample in self.samples)
        return [value for value in values if value is not None]


async def deep(connect: Callable[[Callable[[Event], None]], Awaitable[Session]]) -> Verdict:
    """Judge a short session, made by ``connect`` and torn down whatever happens.

    At most 20 s for connecting and 12 s after it; ends early at 5 samples of g2g in a row that
    agree. Raises RealtimeError (INVALID_INPUT) for what cannot be asked for.
    """
    evidence = Evidence()
    try:
        async with asyncio.timeout(CONNECT_S):
            session = await connect(evidence.take)
    except (RealtimeError, TimeoutError) as error:
        if isinstance(error, RealtimeError) and error.code is ErrorCode.INVALID_INPUT:
            raise
        verdict = deep_preflight(Sample(), connected=False)
        timed_out = isinstance(error, TimeoutError)
        words = f"not connected within {CONNECT_S:g} s" if timed_out else str(error)
        code = None if isinstance(error, TimeoutError) else error.code.value
        return replace(
            verdict,
            reasons=(*verdict.reasons, words),
            metrics={**evidence.metrics(), "error": words, "error_code": code},
        )
    try:
        ended = asyncio.ensure_future(session.wait_until_over())
        enough = asyncio.ensure_future(evidence.enough.wait())
        await asyncio.wait({ended, enough}, timeout=MEASURE_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in (ended, enough):
            wait.cancel()
    finally:
        await session.disconnect()
    return replace(deep_preflight(evidence.summary()), metrics=evidence.metrics())
