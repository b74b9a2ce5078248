"""The browser's statistics under the names of the native client's."""

from __future__ import annotations

from typing import Any

import pytest

from g2gbench.browser.page_stats import camel_case, flatten

REPORT: list[dict[str, Any]] = [
    {"id": "T", "type": "transport", "selectedCandidatePairId": "P", "iceState": "connected",
     "dtlsState": "connected"},
    {"id": "Q", "type": "candidate-pair", "bytesSent": 1},
    {"id": "P", "type": "candidate-pair", "bytesSent": 5, "currentRoundTripTime": 0.02,
     "localCandidateId": "L", "remoteCandidateId": "R"},
    {"id": "L", "type": "local-candidate", "candidateType": "prflx", "protocol": "udp"},
    {"id": "R", "type": "remote-candidate", "candidateType": "host", "protocol": "udp"},
    {"id": "C", "type": "codec", "mimeType": "video/VP8"},
    {"id": "A", "type": "outbound-rtp", "kind": "audio", "framesEncoded": 9},
    {"id": "O", "type": "outbound-rtp", "kind": "video", "framesEncoded": 30, "codecId": "C",
     "bytesSent": 1000, "qualityLimitationReason": "bandwidth"},
    {"id": "S", "type": "media-source", "kind": "video", "frames": 31},
    {"id": "I0", "type": "inbound-rtp", "kind": "video", "framesReceived": 0},
    {"id": "I", "type": "inbound-rtp", "kind": "video", "framesReceived": 28, "framesDecoded": 27},
]  # fmt: skip


def test_every_part_is_found_by_what_matters_of_it() -> None:
    values = flatten(REPORT)
    assert values["outbound.frames_encoded"] == 30
    assert values["outbound.mime_type"] == "video/VP8"
    assert values["outbound.quality_limitation_reason"] == "bandwidth"
    assert values["inbound.frames_decoded"] == 27
    assert values["source.frames"] == 31
    assert values["pair.bytes_sent"] == 5
    assert (values["pair.local_candidate_type"], values["pair.protocol"]) == ("prflx", "udp")
    assert values["transport.dtls_state"] == "connected"


def test_what_a_browser_does_not_tell_is_missing_and_not_zero() -> None:
    values = flatten(REPORT)
    assert "outbound.encoder_implementation" not in values
    assert "remote_inbound.fraction_lost" not in values
    assert flatten([]) == {}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("frames_encoded", "framesEncoded"), ("jitter", "jitter"), ("qp_sum", "qpSum")],
)
def test_names_are_those_of_the_w3c(ours: str, theirs: str) -> None:
    assert camel_case(ours) == theirs
