"""The preflight's page in words."""

from __future__ import annotations

from typing import Any

import pytest

from g2gbench.quality import Level, Verdict
from g2gbench.report.formats.preflight import WIDTH, advice, document, lines

PROBE = {"server": "stun:h:1", "family": "IPv4", "rtt_ms": None, "error": "no answer in time"}


def _verdict(level: Level | None, factor: str = "none", **metrics: Any) -> Verdict:
    levels = {factor: level} if level is not None and factor != "none" else {}
    return Verdict(level, factor, ("why it is so",), (), levels=levels, metrics=metrics)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (_verdict(Level.CRITICAL, transport="failed"), "There is no network"),
        (_verdict(Level.POOR, transport="relay", stun=[PROBE]), "UDP is blocked"),
        (_verdict(Level.POOR, transport="relay"), "UDP is blocked"),
        (
            _verdict(
                Level.POOR,
                transport="relay",
                stun=[{**PROBE, "error": "its name cannot be resolved"}],
            ),
            "No STUN server's name can be resolved",
        ),
        (
            _verdict(None, transport=None, stun=[{**PROBE, "error": "Connection refused"}]),
            "Nobody listens where the STUN server should be",
        ),
        (
            _verdict(None, transport=None, stun=[{**PROBE, "error": "Network is unreachable"}]),
            "see whether this machine has a route",
        ),
        (_verdict(Level.POOR, "latency", transport="udp"), "leave the VPN"),
        (_verdict(Level.FAIR, "loss", transport="udp"), "Packets are lost"),
        (_verdict(Level.FAIR, "stall", transport="udp"), "Frames do not come back"),
        (_verdict(Level.FAIR, "bandwidth"), "lower max_bitrate"),
        (
            _verdict(Level.CRITICAL, error="no", error_code="INVALID_API_KEY"),
            "The service refuses the key",
        ),
        (_verdict(Level.CRITICAL, error="no", error_code=None), "lets WebSockets"),
    ],
)
def test_what_is_wrong_has_its_advice(verdict: Verdict, words: str) -> None:
    assert any(words in text for text in advice(verdict))


@pytest.mark.parametrize("level", [Level.GOOD, None])
def test_where_nothing_is_wrong_or_known_there_is_nothing_to_do(level: Level | None) -> None:
    assert advice(_verdict(level, transport="udp")) == []


def test_the_worst_is_first_and_nothing_is_said_twice() -> None:
    levels = {"latency": Level.FAIR, "loss": Level.POOR, "stall": Level.GOOD}
    said = advice(Verdict(Level.POOR, "loss", levels=levels))
    assert [text.split()[0] for text in said] == ["Packets", "The"]


def test_the_page_says_level_reason_figures_and_what_to_do_within_its_width() -> None:
    probes = [PROBE, {**PROBE, "family": "IPv6", "rtt_ms": 12.3, "error": ""}]
    verdict = _verdict(Level.POOR, "latency", transport="udp", rtt_ms=None, stun=probes)
    page = list(lines(verdict, deep=False))
    assert page[0] == "POOR  preflight"
    assert "      why it is so" in page
    assert "    round trip         not measured" in page
    assert "    stun:h:1 over IPv4: no answer in time" in page
    assert "    stun:h:1 over IPv6: answered after 12 ms" in page
    assert any(line.startswith("      1. The way") for line in page)
    assert max(map(len, page)) <= WIDTH


def test_the_document_has_everything_and_null_for_unknown() -> None:
    told = document(_verdict(None, sample_count=0), deep=True)
    assert told["schema"] == 1
    assert told["kind"] == "deep"
    assert told["quality"] is None
    assert told["metrics"] == {"sample_count": 0}
    assert document(_verdict(Level.GOOD), deep=False)["quality"] == "good"
