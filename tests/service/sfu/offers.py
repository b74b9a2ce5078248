"""Offers as the SDK makes them, cut down to what the room looks at."""

from __future__ import annotations

FINGERPRINT = ":".join(["AB"] * 32)

_EXTENSIONS = """a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"""

_CODECS = """a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 nack
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:103 H264/90000
a=fmtp:103 packetization-mode=1;x-google-start-bitrate=1000
a=rtpmap:116 red/90000
a=rtpmap:117 ulpfec/90000"""


def section(
    kind: str, mid: str, direction: str, *extra: str, formats: str = "96 97 103 116 117"
) -> str:
    lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}", f"a=mid:{mid}", f"a={direction}"]
    lines += [f"a=fingerprint:sha-256 {FINGERPRINT}", *_EXTENSIONS.split("\n")]
    return "\n".join([*lines, *_CODECS.split("\n"), *extra])


def offer(*sections: str) -> str:
    text = "\n".join(["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", *sections])
    return text.replace("\n", "\r\n") + "\r\n"


DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:6\na=sctp-port:5000"


def join_offer() -> str:
    """What a participant offers when it joins: places to receive."""
    return offer(section("video", "3", "recvonly"), section("video", "4", "recvonly"), DATA)


def publish_offer(track: str, ssrc: int, *, receiving: str = "recvonly") -> str:
    """What it offers when it publishes a track."""
    return offer(
        section("video", "3", receiving),
        section("video", "4", "recvonly"),
        DATA,
        section("video", "7", "sendonly", f"a=msid:- {track}", f"a=ssrc:{ssrc} cname:x"),
    )


def simulcast_offer(track: str) -> str:
    """A simulcast track: layers by rid, no SSRC."""
    return offer(
        section("video", "3", "recvonly"),
        section(
            "video",
            "7",
            "sendonly",
            f"a=msid:- {track}",
            "a=rid:f send",
            "a=rid:h send",
            "a=simulcast:send h;f",
        ),
    )
