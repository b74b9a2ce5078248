"""The page's statistics under the names that the native client's have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from g2gbench.media.livekit_stats import MEMBERS, Scalar

_KINDS: Final[Mapping[str, str]] = {
    "outbound": "outbound-rtp",
    "remote_inbound": "remote-inbound-rtp",
    "inbound": "inbound-rtp",
    "pair": "candidate-pair",
    "source": "media-source",
}


def flatten(report: Sequence[Mapping[str, Any]]) -> dict[str, Scalar]:
    """``part.member`` -> value, from the objects of ``RTCPeerConnection.getStats``."""
    by_id = {str(one.get("id")): one for one in report}
    values: dict[str, Scalar] = {}
    for part, members in MEMBERS.items():
        chosen = _choose(part, report)
        if chosen is None:
            continue
        for member in members:
            value = chosen.get(camel_case(member))
            # A member that a browser does not tell is missing, not zero.
            if isinstance(value, str | int | float | bool):
                values[f"{part}.{member}"] = value
        if part in ("outbound", "inbound"):
            codec = by_id.get(str(chosen.get("codecId")), {})
            values[f"{part}.mime_type"] = codec.get("mimeType")
        if part == "pair":
            values |= _ends(chosen, by_id)
    for transport in _of_kind(report, "transport"):
        values["transport.ice_state"] = transport.get("iceState")
        values["transport.dtls_state"] = transport.get("dtlsState")
    return values


def _ends(pair: Mapping[str, object], by_id: Mapping[str, Mapping[str, Any]]) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {}
    for end in ("local", "remote"):
        candidate = by_id.get(str(pair.get(f"{end}CandidateId")))
        if candidate is not None:
            values[f"pair.{end}_candidate_type"] = candidate.get("candidateType")
            values["pair.protocol"] = candidate.get("protocol")
    return values


def _choose(part: str, report: Sequence[Mapping[str, object]]) -> Mapping[str, object] | None:
    """The one that matters: of video, of the selected pair, with traffic."""
    found = list(_of_kind(report, _KINDS[part]))
    if part == "pair":
        selected = {one.get("selectedCandidatePairId") for one in _of_kind(report, "transport")}
        found = [one for one in found if one.get("id") in selected]
    else:
        found = [one for one in found if one.get("kind") == "video"]
        if part == "inbound":
            found = [one for one in found if one.get("framesReceived")]
        if part == "outbound":
            found = [one for one in found if one.get("bytesSent")] or found
    return found[-1] if found else None


def _of_kind(report: Iterable[Mapping[str, object]], kind: str) -> Iterable[Mapping[str, Any]]:
    return (one for one in report if one.get("type") == kind)


@cache
def camel_case(name: str) -> str:
    """``frames_encoded`` as the W3C writes it: ``framesEncoded``."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
