"""Verdicts before a session: on what ICE gathering showed, and on a short real session."""

from __future__ import annotations

from typing import Final

from g2gbench.quality import checks, scoring
from g2gbench.quality.level import LATENCY, LOSS, NONE, STALL, STARTUP, Level
from g2gbench.quality.sample import Sample
from g2gbench.quality.thresholds import DEFAULT_THRESHOLDS, Thresholds
from g2gbench.quality.verdict import Verdict

TRANSPORTS: Final = ("udp", "relay", "failed")
"""``udp``: a server-reflexive candidate came; ``relay``: only others came; ``failed``: none."""

_DEEP: Final = (LOSS, LATENCY, STARTUP, STALL)


def shallow_preflight(
    transport: str, rtt_ms: float | None, *, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> Verdict:
    """The verdict on ICE gathering, without a session.

    ``rtt_ms``: time to the first server-reflexive candidate, None where none came. It can make the
    verdict poor at worst. Raises ValueError for an unknown transport or a time that cannot be.
    """
    if transport not in TRANSPORTS:
        raise ValueError(f"transport is {transport!r}; allowed: {', '.join(TRANSPORTS)}")
    if rtt_ms is not None:
        checks.number("rtt_ms", rtt_ms)
    unmeasured = (LATENCY,) if rtt_ms is None else ()
    if transport == "failed":
        reason = "no ICE candidate came: UDP is blocked, or there is no network"
        return Verdict(Level.CRITICAL, NONE, (reason,), unmeasured)
    level, factor = Level.GOOD, NONE
    reasons: tuple[str, ...] = ()
    levels = {}
    if rtt_ms is not None:
        own = max(thresholds.rtt_ms.level(rtt_ms), Level.POOR)
        levels[LATENCY] = own
        if own is not Level.GOOD:
            bound = thresholds.rtt_ms.crossed(own)
            level, factor = own, LATENCY
            reasons = (f"the STUN server took {rtt_ms:.0f} ms to answer, more than {bound:g} ms",)
    if transport == "relay":
        reason = "no server-reflexive candidate came: UDP to the internet seems to be blocked"
        factor = factor if level is Level.POOR else NONE
        level, reasons = Level.POOR, (reason, *reasons)
    return Verdict(level, factor, reasons, unmeasured, levels=levels)


def deep_preflight(
    sample: Sample, *, connected: bool = True, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> Verdict:
    """The verdict on a short real session: the worst of ttff, g2g, drops and loss.

    The round trip stands in only where neither ttff nor g2g could be measured. A slow start is
    named as ``latency``, since a limiting factor has no word of its own for it. Raises TypeError
    for what is no Sample.
    """
    scoring.check_sample(sample)
    checks.flag("connected", connected)
    if not connected:
        return Verdict(Level.CRITICAL, NONE, ("no session could be made",), _DEEP)
    rows = [
        *scoring.startup(sample, thresholds),
        *scoring.drops(sample, thresholds),
        *scoring.loss(sample, thresholds),
    ]
    if sample.g2g_ms is not None or sample.ttff_ms is None:
        rows += scoring.latency(sample, thresholds)
    unmeasured = scoring.missing(rows, _DEEP)
    if not rows:
        return Verdict(Level.FAIR, NONE, ("connected, but nothing was measured",), unmeasured)
    found = scoring.worst(rows, unmeasured, limitation=sample.quality_limitation, order=_DEEP)
    if found.limiting_factor != STARTUP:
        return found
    return Verdict(found.level, LATENCY, found.reasons, unmeasured, levels=found.levels)
