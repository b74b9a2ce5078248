"""From two snapshots of WebRTC statistics to the sample of the interval between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from g2gbench.quality import checks
from g2gbench.quality.sample import LARGEST_BYTE, LIMITATIONS, RFC3550_STEPS, Sample

_CANDIDATE_TYPES: Final = ("pair.local_candidate_type", "pair.remote_candidate_type")

_LARGEST: Final = 1e15
"""Nothing that statistics count or estimate comes near; a larger number is no measurement."""


def network_sample(
    before: Mapping[str, object], after: Mapping[str, object], elapsed_s: float
) -> Sample:
    """Return the sample of the network between two snapshots ``elapsed_s`` seconds apart.

    Keys are ``<part>.<member>`` with the W3C's members in snake_case and its units; a key that is
    not there, or holds what cannot be, is not measured. Statistics write 0 for a round trip and an
    estimate that they do not have. The round trip is the far end's report, else the candidate
    pair's. A stream whose decoded frames do not grow has 0 frames a second: a stall is measured,
    not missing; counters that went back were restarted and tell nothing. Raises TypeError or
    ValueError for a time that is not above 0.
    """
    checks.positive("elapsed_s", elapsed_s)
    decoded = _grown(before, after, "inbound.frames_decoded")
    freezes = _grown(before, after, "inbound.freeze_count")
    rtt_s = _above_zero(after, "remote_inbound.round_trip_time") or _above_zero(
        after, "pair.current_round_trip_time"
    )
    limitation = after.get("outbound.quality_limitation_reason")
    return Sample(
        rtt_ms=None if rtt_s is None else rtt_s * 1e3,
        relayed=any(after.get(key) == "relay" for key in _CANDIDATE_TYPES),
        fraction_lost=_fraction_lost(before, after),
        available_bitrate_bps=_above_zero(after, "pair.available_outgoing_bitrate"),
        inbound_fps=None if decoded is None else decoded / elapsed_s,
        freeze=bool(freezes),
        quality_limitation=limitation if limitation in LIMITATIONS else None,
    )


def _fraction_lost(before: Mapping[str, object], after: Mapping[str, object]) -> float | None:
    """The share of packets that the far end reported as lost, in its reports or by asking again.

    A receiver whose packets are sent again under their own numbers counts them as received once
    they came: then its reports tell of no loss, however much there is.
    """
    reported = _number(after, "remote_inbound.fraction_lost")
    reported = None if reported is None or reported > LARGEST_BYTE else reported
    sent = _grown(before, after, "outbound.packets_sent")
    again = _grown(before, after, "outbound.retransmitted_packets_sent")
    if not sent or not again:
        return reported
    asked = min(again / max(sent - again, 1.0), 1.0)
    return (
        asked
        if reported is None
        else max(asked, reported / RFC3550_STEPS if reported > 1 else reported)
    )


def _number(values: Mapping[str, object], key: str) -> float | None:
    """A number of at least 0, else None."""
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value) if 0 <= value <= _LARGEST else None


def _above_zero(values: Mapping[str, object], key: str) -> float | None:
    return _number(values, key) or None


def _grown(before: Mapping[str, object], after: Mapping[str, object], key: str) -> float | None:
    was, now = _number(before, key), _number(after, key)
    return None if was is None or now is None or now < was else now - was
