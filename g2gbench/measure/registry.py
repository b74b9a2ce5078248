"""Every metric that g2gbench reports, each registered once.

Documents, reports, ``expect:`` and JSON take names, units and directions from here. A name may gain
neighbours; it never changes its meaning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from g2gbench.measure import latency_breakdown

Direction: TypeAlias = Literal["lower", "higher", "neither"]
Unit: TypeAlias = Literal[
    "ms", "ratio", "fps", "count", "bps", "bytes", "cores", "level", "dB", "index", "points"
]

PROCESSES = ("client", "link", "room", "service", "worker")
"""The processes of a loopback trial whose CPU time and memory are sampled."""

DROP_PHASES = (
    "before_encoder",
    "encoder",
    "uplink",
    "service",
    "downlink",
    "decoder",
    "after_decoder",
    "display",
    "unknown",
)
"""Where a frame can die, in the order of its way; ``unknown`` when nothing proves the place."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number about a trial.

    ``definition`` is one sentence that says between which points it is measured; ``reference``
    names the document that fixes the term, or is empty when this project defines it. A ratio runs
    from 0 to 1, a level from 0 (critical) to 3 (good). ``direction`` says which way is an
    improvement.
    """

    name: str
    unit: Unit
    direction: Direction
    definition: str
    reference: str = ""

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that it can take; infinite where there is none.

        A part of the latency budget is a difference of two clocks' readings, and a decibel a
        logarithm: both may be negative.
        """
        if self.unit in _BOUNDS:
            return _BOUNDS[self.unit]
        signed = self.unit == "dB" or self.name.startswith("budget_ms.")
        return (-math.inf if signed else 0.0), math.inf


_BOUNDS: Mapping[Unit, tuple[float, float]] = {
    "ratio": (0.0, 1.0),
    "level": (0.0, 3.0),
    "index": (-1.0, 1.0),
    "points": (0.0, 100.0),
}

_W3C = "W3C webrtc-stats"
_RFC = "RFC 3550 6.4.1"
_METHOD = "docs/method.md"
_VERDICTS = "docs/verdicts.md"
_SSIM = "Wang, Bovik, Sheikh, Simoncelli 2004"

_PHASE_SENTENCES = {
    "websocket": "the signalling socket is open",
    "room_info": "the service has named the room",
    "room": "the room is connected",
    "publish": "the local track is published",
    "subscribe": "the remote track is subscribed",
    "first_packet": "the first media packet leaves the link towards the client",
    "first_frame": "the first remote frame is handed to the application, readable or not",
}

_DROP_SENTENCES = {
    "before_encoder": "between the application and the encoder",
    "encoder": "in the encoder, which skipped them",
    "uplink": "between the encoder and the service",
    "service": "in the service, which received but did not send them on",
    "downlink": "between the service, which sent them, and the client's decoder",
    "decoder": "in the client's decoder",
    "after_decoder": "between the client's decoder and the application",
    "display": "between the decoder, which handed them over, and the display, which never showed "
    "them",
    "unknown": "in a place that the evidence does not name",
}

_STARTUP_SENTENCES = {
    "settled": "arrival of the frame from which on, for 3 s, the median g2g of every second is "
    "within 20 % or 5 ms of the steady state's",
    "full_size": "arrival of the first frame of the session's largest size after which none is "
    "smaller for 3 s",
    "full_bitrate": "beginning of the first second in which the uplink's media has 90 % of its "
    "bitrate of the steady state",
    "sharp": "arrival of the scored frame from which on, for 3 s, the median PSNR of every second "
    "is at most 1 dB below the steady state's",
}

_PICTURES: Mapping[str, tuple[Unit, str, str]] = {
    "psnr_db": ("dB", "PSNR of the delivered frames", ""),
    "ssim": ("index", "SSIM of the delivered frames", _SSIM),
    "psnr_displayed_db": ("dB", "PSNR of what was on display", ""),
    "ssim_displayed": ("index", "SSIM of what was on display", _SSIM),
    "vmaf_displayed": ("points", "VMAF of what was on display", "github.com/Netflix/vmaf"),
}

_G2G_SENTENCES = {
    "min": "Smallest",
    "mean": "Arithmetic mean of the",
    "p50": "Median",
    "p90": "90th percentile of the",
    "p95": "95th percentile of the",
    "p99": "99th percentile of the",
    "max": "Largest",
}


def _metrics() -> Iterator[Metric]:
    yield Metric(
        "ttff_ms",
        "ms",
        "lower",
        "From the start of the connect attempt to the arrival of the first frame with a readable "
        "marker.",
        _METHOD,
    )
    for phase, sentence in _PHASE_SENTENCES.items():
        yield Metric(
            f"connect_ms.{phase}",
            "ms",
            "lower",
            f"From the start of the connect attempt to the moment when {sentence}.",
            _METHOD,
        )
    for reached, sentence in _STARTUP_SENTENCES.items():
        yield Metric(
            f"startup_ms.{reached}",
            "ms",
            "lower",
            f"From the arrival of the first frame with a readable marker to the {sentence}.",
            _METHOD,
        )
    for seconds in (1, 3, 10):
        yield Metric(
            f"startup.g2g_ms.{seconds}s",
            "ms",
            "lower",
            f"Median g2g latency of the frames that arrived within {seconds} s of the first frame "
            "with a readable marker.",
            _METHOD,
        )
    for seconds in (1, 3, 10):
        yield Metric(
            f"startup.psnr_db.{seconds}s",
            "dB",
            "higher",
            f"Median PSNR of the scored frames that arrived within {seconds} s of the first frame "
            "with a readable marker, at most 48 dB each.",
            _METHOD,
        )
    for statistic, sentence in _G2G_SENTENCES.items():
        yield Metric(
            f"g2g_ms.{statistic}",
            "ms",
            "lower",
            f"{sentence} g2g latency: capture of a frame to the arrival of the remote frame that "
            "carries it, over the frames captured in the steady state.",
            _METHOD,
        )
    for statistic, sentence in _G2G_SENTENCES.items():
        yield Metric(
            f"g2g_displayed_ms.{statistic}",
            "ms",
            "lower",
            f"{sentence} displayed g2g latency: capture of a frame to the callback that says that "
            "the remote frame that carries it was presented, over the frames captured in the "
            "steady state that were.",
            f"{_METHOD}; requestVideoFrameCallback",
        )
    for part, sentence in latency_breakdown.PARTS.items():
        yield Metric(
            f"budget_ms.{part}",
            "ms",
            "lower",
            f"Mean part of g2g {sentence}, over the delivered frames of the steady state for which "
            "it is known.",
            _METHOD,
        )
    yield Metric(
        f"budget_ms.{latency_breakdown.UNATTRIBUTED}",
        "ms",
        "lower",
        "Mean of what the known parts leave of a frame's g2g latency, over the delivered frames of "
        "the steady state.",
        _METHOD,
    )
    yield Metric(
        f"budget_ms.{latency_breakdown.DISPLAY}",
        "ms",
        "lower",
        f"Mean time {latency_breakdown.DISPLAY_MEANING}, over the frames of the steady state "
        "that were presented; on top of g2g, and so of the parts that sum to it.",
        f"{_METHOD}; requestVideoFrameCallback",
    )
    yield Metric(
        "drop_ratio",
        "ratio",
        "lower",
        "Frames captured in the steady state that never came back, over those whose fate is known "
        "(delivered, unreadable or dropped).",
        _METHOD,
    )
    for phase, sentence in _DROP_SENTENCES.items():
        yield Metric(
            f"drops.{phase}",
            "count",
            "lower",
            f"Frames captured in the steady state that were lost {sentence}.",
            "libwebrtc video quality analyzer, FrameDropPhase",
        )
    yield Metric(
        "late_ratio",
        "ratio",
        "lower",
        "Delivered frames of the steady state whose g2g latency is above session.deadline, over "
        "all delivered ones.",
        _METHOD,
    )
    yield Metric(
        "unreadable_ratio",
        "ratio",
        "lower",
        "Remote frames of the steady state without a readable marker, over all remote frames of "
        "the steady state.",
        _METHOD,
    )
    yield Metric(
        "repeat_ratio",
        "ratio",
        "lower",
        "Readable remote frames of the steady state whose number had been seen before, over all "
        "readable remote frames of the steady state.",
        _METHOD,
    )
    yield Metric(
        "fps",
        "fps",
        "higher",
        "Frames captured in the steady state that were delivered, over its length.",
        _METHOD,
    )
    yield Metric(
        "harmonic_fps",
        "fps",
        "higher",
        "sum(d) / sum(d^2) over the gaps d between new frames in the steady state, the gap it ends "
        "in included.",
        f"{_W3C}, totalSquaredInterFrameDelay",
    )
    yield Metric(
        "fps_1pct_low",
        "fps",
        "higher",
        "The inverse of the mean of the longest 1 % of the gaps between new frames in the steady "
        "state.",
        _METHOD,
    )
    yield Metric(
        "freeze_count",
        "count",
        "lower",
        "Gaps between new frames of at least max(3 * avg, avg + 150 ms), avg over the last 30 gaps "
        "before; longer by what the source itself paused.",
        f"{_W3C}, freezeCount",
    )
    yield Metric(
        "freeze_ms",
        "ms",
        "lower",
        "Sum of the gaps that freeze_count counts.",
        f"{_W3C}, totalFreezesDuration",
    )
    yield Metric(
        "stall_count",
        "count",
        "lower",
        "Gaps between new frames of more than 200 ms, whatever the usual gap is; longer by what "
        "the source itself paused.",
        _METHOD,
    )
    yield Metric("stall_ms", "ms", "lower", "Sum of the gaps that stall_count counts.", _METHOD)
    yield Metric(
        "rtt_ms.p50",
        "ms",
        "lower",
        "Median of the round-trip times sampled in the steady state: from RTCP receiver reports, "
        "else from the selected candidate pair.",
        f"{_W3C}, roundTripTime",
    )
    yield Metric(
        "jitter_ms",
        "ms",
        "lower",
        "Median of the interarrival jitter of the downlink's RTP packets, sampled in the steady "
        "state.",
        _RFC,
    )
    yield Metric(
        "uplink.fraction_lost",
        "ratio",
        "lower",
        "RTP packets of the steady state that the room reports as lost, over those sent; a packet "
        "sent again under its own number counts as received, and a copy makes it negative; else "
        "the mean of the fractions lost that it reported.",
        _RFC,
    )
    yield Metric(
        "downlink.fraction_lost",
        "ratio",
        "lower",
        "RTP packets that the client missed in the steady state, over those expected; a packet "
        "sent again under its own number counts as received.",
        _RFC,
    )
    for link in ("uplink", "downlink"):
        yield Metric(
            f"link.{link}.loss",
            "ratio",
            "lower",
            f"Packets that entered the {link} of the link in the steady state and were dropped "
            "there, by its loss model, a full queue or a blackout, over those that entered it.",
            _METHOD,
        )
    yield Metric(
        "link.late_ms.p99",
        "ms",
        "lower",
        "99th percentile of how much later than decided a packet of the steady state left the "
        "link: the link's own error.",
        _METHOD,
    )
    yield Metric(
        "uplink.bitrate_bps",
        "bps",
        "neither",
        "Bits of RTP payload and headers that the client sent for the video in the steady state, "
        "over the time between the statistics used.",
        f"{_W3C}, bytesSent + headerBytesSent",
    )
    yield Metric(
        "downlink.bitrate_bps",
        "bps",
        "neither",
        "Bits of RTP payload and headers that the client received for the video in the steady "
        "state, over the time between the statistics used.",
        f"{_W3C}, bytesReceived + headerBytesReceived",
    )
    yield Metric(
        "available_bitrate_bps",
        "bps",
        "higher",
        "Median of the sender's bandwidth estimate, sampled in the steady state.",
        f"{_W3C}, availableOutgoingBitrate",
    )
    yield Metric(
        "encode_ms",
        "ms",
        "lower",
        "Mean time to encode a frame in the steady state.",
        f"{_W3C}, delta totalEncodeTime / delta framesEncoded",
    )
    yield Metric(
        "decode_ms",
        "ms",
        "lower",
        "Mean time to decode a frame in the steady state.",
        f"{_W3C}, delta totalDecodeTime / delta framesDecoded",
    )
    yield Metric(
        "jitter_buffer_ms",
        "ms",
        "lower",
        "Mean time that a frame spent in the jitter buffer in the steady state.",
        f"{_W3C}, delta jitterBufferDelay / delta jitterBufferEmittedCount",
    )
    yield Metric(
        "psnr_db",
        "dB",
        "higher",
        "Mean over the scored frames of the steady state of the luma's peak signal-to-noise ratio "
        "between a delivered frame and its source frame, at most 48 dB each.",
        f"{_METHOD}; cap as in libwebrtc",
    )
    yield Metric(
        "ssim",
        "index",
        "higher",
        "Mean over the scored frames of the steady state of the luma's structural similarity "
        "between a delivered frame and its source frame, 1 for identical ones.",
        f"{_METHOD}; {_SSIM}",
    )
    yield Metric(
        "psnr_displayed_db",
        "dB",
        "higher",
        "The same as psnr_db over what was on display: in place of a dropped frame, the newest "
        "picture before it is held against the dropped frame's source.",
        f"{_METHOD}; cap as in libwebrtc",
    )
    yield Metric(
        "ssim_displayed",
        "index",
        "higher",
        "The same as ssim over what was on display: in place of a dropped frame, the newest "
        "picture before it is held against the dropped frame's source.",
        f"{_METHOD}; {_SSIM}",
    )
    yield Metric(
        "vmaf_displayed",
        "points",
        "higher",
        "Mean of VMAF (model vmaf_v0.6.1, luma) over what was on display in the steady state, the "
        "kept frames alone, 0 to 100.",
        f"{_METHOD}; github.com/Netflix/vmaf",
    )
    for family, (unit, of, reference) in _PICTURES.items():
        for percent, words in ((1, "1st"), (5, "5th")):
            yield Metric(
                f"{family}.p{percent}",
                unit,
                "higher",
                f"{words} percentile of the {of}, over the scored frames of the steady state.",
                "; ".join(filter(None, [_METHOD, reference])),
            )
        yield Metric(
            f"{family}.harmonic",
            unit,
            "higher",
            f"Harmonic mean of the {of}, over the scored frames of the steady state: low scores "
            "weigh more than in the mean.",
            "; ".join(filter(None, [_METHOD, reference])),
        )
    yield Metric(
        "fidelity_scored_ratio",
        "ratio",
        "neither",
        "Delivered frames of the steady state whose picture was scored, over all delivered ones.",
        _METHOD,
    )
    yield Metric(
        "fidelity_unmatched_ratio",
        "ratio",
        "lower",
        "Frames of the steady state without a picture of their own to score (dropped or "
        "unreadable), over those whose fate is known.",
        _METHOD,
    )
    yield Metric(
        "fidelity_identical",
        "count",
        "neither",
        "Scored frames of the steady state that came back identical to their source frame.",
        _METHOD,
    )
    for process in PROCESSES:
        yield Metric(
            f"cpu.{process}",
            "cores",
            "lower",
            f"CPU seconds that the {process} process used in the steady state, over the time "
            "between the samples used.",
        )
    for process in PROCESSES:
        yield Metric(
            f"rss_bytes.{process}",
            "bytes",
            "lower",
            f"Largest resident memory of the {process} process sampled in the steady state.",
        )
    yield Metric(
        "recovery_ms",
        "ms",
        "lower",
        "Longest time from the end of an impairment of the timeline until the median of g2g over "
        "1 s and the uplink's bitrate over 1 s are both back within 20 % of what they were before.",
        _METHOD,
    )
    yield Metric(
        "quality",
        "level",
        "higher",
        "Worst verdict that was held in the steady state, one a second after smoothing: critical, "
        "poor, fair or good.",
        _VERDICTS,
    )
    yield Metric(
        "late_tick_ratio",
        "ratio",
        "lower",
        "Ticks of the capture schedule in the steady state that were skipped or served more than "
        "half a frame interval late, over all of its ticks.",
        _METHOD,
    )


METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _metrics()})
"""Every metric of this version, by name, in the order of reports."""


def markdown_table() -> str:
    """The registry as the table of docs/metrics.md."""
    lines = [
        "| Metric | Unit | Better | Definition | Reference |",
        "|---|---|---|---|---|",
    ]
    for metric in METRICS.values():
        definition = metric.definition.replace("|", "\\|").replace("*", "\\*")
        lines.append(
            f"| `{metric.name}` | {metric.unit} | {metric.direction} | {definition} | "
            f"{metric.reference} |"
        )
    return "\n".join(lines)
