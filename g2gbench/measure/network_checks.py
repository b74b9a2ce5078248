"""Checks of the emulated network: as asked for, and all media passed through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from g2gbench.measure import checks
from g2gbench.measure.check import Check
from g2gbench.measure.journal import Session
from g2gbench.measure.limits import Limits
from g2gbench.measure.metric_value import Value
from g2gbench.measure.packets import DIRECTIONS, KINDS, Packets
from g2gbench.measure.stats import number


def network(
    session: Session, metrics: Mapping[str, Value], packets: Packets | None, limits: Limits
) -> Iterator[Check]:
    """The checks of link and playout delay; ``packets`` is the link's log, where there was one."""
    late_ms = metrics["link.late_ms.p99"].value
    if late_ms is not None:
        g2g_ms = metrics["g2g_ms.p50"].value or 0.0
        limit_ms = max(limits.link_late_ms, limits.link_late_ratio * g2g_ms)
        text = (
            f"the link was late: 1 % of its packets left more than {late_ms:.1f} ms after their "
            f"time (limit {limit_ms:.3g} ms)"
        )
        yield checks.LINK_LATE.judge(late_ms, text, limits, limit=limit_ms)
    overflowed = session.counter("link", "overflowed")
    if overflowed is not None:
        text = f"the system dropped {overflowed} packet(s) before the link could read them"
        yield checks.LINK_OVERFLOWED.judge(overflowed, text, limits)
    lost = session.counter("link", "log_lost")
    if lost is not None:
        text = f"{lost} packet(s) of the link are missing in its log"
        yield checks.LINK_LOG_LOST.judge(lost, text, limits)
    if packets is not None:
        yield from _bypass(session, packets, limits)
    yield from _playout(session, metrics, limits)


def _bypass(session: Session, packets: Packets, limits: Limits) -> Iterator[Check]:
    """Yield what the client counted as sent and received must have passed through the link."""
    if not session.stats:
        return
    at_ns, values = session.stats[-1].at_ns, session.stats[-1].values
    media = packets[packets["kind"] == KINDS.index("rtp")]
    for direction, key, column, verb in (
        ("uplink", "outbound.packets_sent", "arrived_ns", "sent"),
        ("downlink", "inbound.packets_received", "left_ns", "received"),
    ):
        counted = number(values.get(key))
        if not counted:
            continue
        mine = media[media["direction"] == DIRECTIONS.index(direction)]
        passed = int(np.count_nonzero((mine[column] >= 0) & (mine[column] <= at_ns)))
        text = (
            f"{counted - passed:.0f} of {counted:.0f} media packets that the client {verb} did "
            f"not pass through the link (limit {limits.bypass_ratio:.0%}): it was not measured "
            "over this network"
        )
        ratio = max(0.0, (counted - passed) / counted)
        yield checks.BYPASS.judge(ratio, text, limits, of=direction)


def _playout(session: Session, metrics: Mapping[str, Value], limits: Limits) -> Iterator[Check]:
    """A playout delay is a wish: a receiver may not have taken it, or may take it with time only.

    WebRTC adds the delay to when it expects a frame. In a session whose delay fell at its beginning
    it expects frames too early for a minute and more, and then holds them for less.
    """
    asked = session.started.playout_delay_ms if session.started else None
    changes = [e for e in session.events if e.name in ("link", "network")]
    impaired = [e for e in changes if e.detail.get("impaired")]
    if asked is None or impaired:
        return
    # Not the statistics' jitter-buffer delay: it begins with a frame's first packet, and a sender
    # that paces its packets makes it long.
    for process, part in (("client", "decode"), ("worker", "service_decode")):
        held_ms = metrics[f"budget_ms.{part}"].value
        if held_ms is None:
            continue
        held = f"the {process} held whole frames for {held_ms:.0f} ms in the mean, a playout delay"
        text = (
            f"{held} of {asked[1]:g} ms at most was asked for "
            f"(limit {limits.playout_excess_ms:g} ms more)"
        )
        yield checks.PLAYOUT_EXCESS.judge(held_ms - asked[1], text, limits, of=process)
        text = (
            f"{held} of {asked[0]:g} ms at least was asked for "
            f"(limit {limits.playout_shortfall_ms:g} ms less)"
        )
        yield checks.PLAYOUT_SHORTFALL.judge(asked[0] - held_ms, text, limits, of=process)
