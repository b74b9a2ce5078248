"""A preflight in words, for whoever is at a customer's site. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, Final, NamedTuple

from g2gbench.measure.check import Check
from g2gbench.quality import Level, Verdict

WIDTH: Final = 80
_ADVICE = {
    "latency": (
        "The way to the service is long: leave the VPN, use a cable in place of Wi-Fi, or a "
        "network that is nearer to the service."
    ),
    "loss": (
        "Packets are lost on the way up: use a cable in place of Wi-Fi, and end other uploads."
    ),
    "stall": (
        "Frames do not come back: the network or the service cannot keep up; try a smaller model "
        "picture, a lower bitrate, or again later."
    ),
    "bandwidth": (
        "The way up is too narrow: end other uploads, or publish with a lower max_bitrate."
    ),
    "cpu": "This machine is too slow for the encoder: end other programs, or publish less.",
}
_BLOCKED = (
    "UDP is blocked: allow outgoing UDP from this machine to the internet, at least to the STUN "
    "servers above and to the service's media ports, with the answers to it; where that cannot be, "
    "allow TCP to the service's media ports, and expect more latency."
)
_NO_NETWORK = "There is no network: see whether this machine has an address, and a route."
_NO_NAMES = (
    "No STUN server's name can be resolved: see whether there is a network and whether its DNS "
    "works, or name a server by its IP address."
)
_NOBODY = (
    "Nobody listens where the STUN server should be: see whether its address and port are right, "
    "or name another one with --stun."
)
_NO_WAY = (
    "No STUN server can be reached from here: see whether this machine has a route to it, or name "
    "another one with --stun."
)
_REFUSED = "The service refuses the key: see whether it is valid, and allowed to use this model."
_NOT_REACHED = (
    "No session could be had: see whether the service's address is right, and whether a firewall "
    "or proxy lets WebSockets (TCP, usually port 443) through."
)
_UNITS = {
    "transport": ("transport", "{}"),
    "rtt_ms": ("round trip", "{:.1f} ms"),
    "g2g_ms": ("glass to glass", "{:.0f} ms"),
    "ttff_ms": ("first frame after", "{:.0f} ms"),
    "g2g_drop_ratio": ("frames dropped", "{:.1%}"),
    "upstream_jitter_ms": ("upstream jitter", "{:.1f} ms"),
    "packet_loss": ("packets lost", "{:.1%}"),
    "sample_count": ("samples", "{}"),
}


def document(verdict: Verdict, *, deep: bool) -> dict[str, object]:
    """The one object that ``--json`` prints."""
    return {
        "schema": 1,
        "kind": "deep" if deep else "shallow",
        "quality": None if verdict.level is None else verdict.word,
        "limiting_factor": verdict.limiting_factor,
        "reasons": list(verdict.reasons),
        "advice": advice(verdict),
        "unmeasured": list(verdict.unmeasured),
        "metrics": dict(verdict.metrics),
    }


def advice(verdict: Verdict) -> list[str]:
    """Return the remedies; empty when there is nothing to be done."""
    metrics = verdict.metrics
    if metrics.get("error"):
        refused = metrics.get("error_code") == "INVALID_API_KEY"
        return [_REFUSED if refused else _NOT_REACHED]
    if metrics.get("invalid_because"):
        checks = map(Check.from_plain, metrics["checks"])
        return list(dict.fromkeys(one.advice for one in checks if not one.ok))
    steps: list[str] = []
    if metrics.get("transport") == "failed":
        steps.append(_NO_NETWORK)
    elif metrics.get("transport") == "relay":
        steps.append(_unasked(metrics) or _BLOCKED)
    elif metrics.get("stun") and metrics.get("transport") is None:
        steps.append(_unasked(metrics) or _NO_WAY)
    if verdict.level is not None and verdict.level < Level.GOOD:
        factors = (verdict.limiting_factor, *verdict.levels)
        for factor in dict.fromkeys(factors):
            poor = verdict.levels.get(factor, verdict.level) < Level.GOOD
            if poor and factor in _ADVICE:
                steps.append(_ADVICE[factor])
    return steps


class _Answer(NamedTuple):
    """Answer of a STUN server, as a verdict's metrics hold it."""

    server: str
    family: str
    rtt_ms: float | None
    error: str


def _answers(metrics: Mapping[str, Any]) -> list[_Answer]:
    return [_Answer(**answer) for answer in metrics.get("stun", ())]


def _unasked(metrics: Mapping[str, Any]) -> str:
    """Return why no server could be asked, where that is the same of all."""
    errors = [answer.error for answer in _answers(metrics)]
    if errors and all("resolved" in error for error in errors):
        return _NO_NAMES
    return _NOBODY if errors and all("refused" in error for error in errors) else ""


def lines(verdict: Verdict, *, deep: bool) -> Iterator[str]:
    """The page that a person reads."""
    kind = "deep preflight" if deep else "preflight"
    word = "invalid" if verdict.metrics.get("invalid_because") else verdict.word
    yield f"{word.upper()}  {kind}"
    for reason in verdict.reasons:
        yield from _wrapped(reason, "      ", "      ")
    yield ""
    yield from _measured(verdict.metrics)
    steps = advice(verdict)
    if steps:
        yield ""
        yield "    what to do"
        for number, text in enumerate(steps, 1):
            yield from _wrapped(text, f"      {number}. ", "         ")


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _measured(metrics: Mapping[str, Any]) -> Iterator[str]:
    for name, (label, form) in _UNITS.items():
        if name in metrics:
            value = metrics[name]
            yield f"    {label:<18} {'not measured' if value is None else form.format(value)}"
    for answer in _answers(metrics):
        words = answer.error
        if answer.rtt_ms is not None:
            words = f"answered after {answer.rtt_ms:.0f} ms"
        yield f"    {answer.server} over {answer.family}: {words}"
