"""The SDK's statistics, made by hand, as the journal takes them."""

from __future__ import annotations

from typing import Any

import pytest
from livekit.rtc._proto import stats_pb2

from g2gbench.media.livekit_stats import flatten


def _stream(part: str, *, kind: str = "video", codec: str = "c1", **members: Any) -> Any:
    """One RtcStats of an RTP stream; members as ``group__member``."""
    message = stats_pb2.RtcStats()
    one = getattr(message, part)
    one.rtc.id = f"{part}-{kind}"
    one.stream.kind = kind
    one.stream.codec_id = codec
    return _fill(message, one, members)


def _fill(message: Any, one: Any, members: dict[str, Any]) -> Any:
    one.SetInParent()
    for path, value in members.items():
        group, _, member = path.partition("__")
        setattr(getattr(one, group), member, value)
    return message


def _other(part: str, identifier: str = "", **members: Any) -> Any:
    message = stats_pb2.RtcStats()
    one = getattr(message, part)
    one.rtc.id = identifier
    return _fill(message, one, members)


def _codec(identifier: str, mime_type: str) -> Any:
    return _other("codec", identifier, codec__mime_type=mime_type)


def test_outbound_has_its_counters_and_why_it_is_limited() -> None:
    values = flatten(
        [
            _stream(
                "outbound_rtp",
                sent__packets_sent=12,
                sent__bytes_sent=3456,
                outbound__frames_encoded=7,
                outbound__total_encode_time=0.25,
                outbound__frame_width=640,
                outbound__encoder_implementation="libvpx",
                outbound__quality_limitation_reason=2,
            )
        ]
    )
    assert values["outbound.packets_sent"] == 12
    assert values["outbound.bytes_sent"] == 3456
    assert values["outbound.frames_encoded"] == 7
    assert values["outbound.total_encode_time"] == 0.25
    assert values["outbound.frame_width"] == 640
    assert values["outbound.encoder_implementation"] == "libvpx"
    assert values["outbound.quality_limitation_reason"] == "bandwidth"
    assert {name.partition(".")[0] for name in values} == {"outbound"}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (stats_pb2.LIMITATION_NONE, "none"),
        (stats_pb2.LIMITATION_CPU, "cpu"),
        (stats_pb2.LIMITATION_BANDWIDTH, "bandwidth"),
        (stats_pb2.LIMITATION_OTHER, "other"),
    ],
)
def test_reasons_of_limitation_have_the_names_of_the_w3c(number: int, name: str) -> None:
    values = flatten([_stream("outbound_rtp", outbound__quality_limitation_reason=number)])
    assert values["outbound.quality_limitation_reason"] == name


def test_remote_inbound_is_what_the_other_end_reports() -> None:
    values = flatten(
        [
            _stream(
                "remote_inbound_rtp",
                received__packets_lost=-2,
                received__jitter=0.004,
                remote_inbound__round_trip_time=0.05,
                remote_inbound__fraction_lost=0.125,
            )
        ]
    )
    assert values == {
        "remote_inbound.packets_lost": -2,
        "remote_inbound.jitter": 0.004,
        "remote_inbound.round_trip_time": 0.05,
        "remote_inbound.fraction_lost": 0.125,
    }


def test_inbound_has_its_counters_and_times_in_seconds() -> None:
    values = flatten(
        [
            _stream(
                "inbound_rtp",
                received__packets_received=100,
                received__packets_lost=3,
                inbound__frames_received=30,
                inbound__frames_decoded=29,
                inbound__jitter_buffer_delay=1.5,
                inbound__jitter_buffer_emitted_count=29,
                inbound__freeze_count=1,
            )
        ]
    )
    assert values["inbound.packets_received"] == 100
    assert values["inbound.packets_lost"] == 3
    assert values["inbound.frames_decoded"] == 29
    assert values["inbound.jitter_buffer_delay"] == 1.5
    assert values["inbound.jitter_buffer_emitted_count"] == 29
    assert values["inbound.freeze_count"] == 1


def test_the_source_is_the_video_source() -> None:
    values = flatten(
        [
            _other(
                "media_source",
                source__kind="video",
                video__width=640,
                video__height=360,
                video__frames=90,
                video__frames_per_second=30.0,
            ),
            _other("media_source", source__kind="audio", audio__audio_level=0.5),
        ]
    )
    assert values == {
        "source.width": 640,
        "source.height": 360,
        "source.frames": 90,
        "source.frames_per_second": 30.0,
    }


def test_audio_is_left_out() -> None:
    assert (
        flatten(
            [
                _stream("outbound_rtp", kind="audio", sent__bytes_sent=1),
                _stream("inbound_rtp", kind="audio", inbound__frames_received=1),
                _stream("remote_inbound_rtp", kind="audio", received__packets_lost=1),
            ]
        )
        == {}
    )


def test_the_candidate_pair_is_the_one_that_the_transport_selected() -> None:
    rtts = {"CPa": 0.1, "CPb": 0.2, "CPc": 0.3}
    pairs = [
        _other("candidate_pair", name, candidate_pair__current_round_trip_time=rtt)
        for name, rtt in rtts.items()
    ]
    transport = _other("transport", "T", transport__selected_candidate_pair_id="CPb")
    values = flatten([*pairs, transport])
    assert values["pair.current_round_trip_time"] == 0.2
    assert set(values) == {
        "pair.current_round_trip_time",
        "pair.available_outgoing_bitrate",
        "pair.bytes_sent",
        "pair.bytes_received",
        "transport.ice_state",
        "transport.dtls_state",
    }


def test_the_pair_tells_what_it_joins_and_the_transport_its_states() -> None:
    pair = _other(
        "candidate_pair",
        "CP",
        candidate_pair__local_candidate_id="L",
        candidate_pair__remote_candidate_id="R",
    )
    ends = [
        _other("local_candidate", "L", candidate__candidate_type=3, candidate__protocol="tcp"),
        _other("local_candidate", "X", candidate__candidate_type=1, candidate__protocol="udp"),
        _other("remote_candidate", "R", candidate__candidate_type=0, candidate__protocol="tcp"),
    ]
    transport = _other(
        "transport",
        "T",
        transport__selected_candidate_pair_id="CP",
        transport__ice_state=2,
        transport__dtls_state=4,
    )
    values = flatten([pair, *ends, transport])
    assert values["pair.local_candidate_type"] == "relay"
    assert values["pair.remote_candidate_type"] == "host"
    assert values["pair.protocol"] == "tcp"
    assert values["transport.ice_state"] == "connected"
    assert values["transport.dtls_state"] == "failed"


def test_without_a_selected_pair_there_is_none() -> None:
    pair = _other("candidate_pair", "CPa", candidate_pair__current_round_trip_time=0.1)
    assert flatten([pair]) == {}
    alone = flatten([pair, _other("transport", "T")])
    assert alone == {"transport.ice_state": "new", "transport.dtls_state": "new"}


def test_the_mime_type_is_that_of_the_streams_own_codec() -> None:
    values = flatten(
        [
            _codec("c1", "video/VP8"),
            _codec("c2", "video/H264"),
            _codec("c3", "audio/opus"),
            _stream("outbound_rtp", codec="c2", sent__bytes_sent=1),
            _stream("inbound_rtp", codec="c1", inbound__frames_received=1),
        ]
    )
    assert values["outbound.mime_type"] == "video/H264"
    assert values["inbound.mime_type"] == "video/VP8"


def test_an_unknown_codec_has_no_mime_type() -> None:
    values = flatten([_stream("outbound_rtp", codec="gone", sent__bytes_sent=1)])
    assert values["outbound.mime_type"] is None


def test_of_several_streams_the_one_with_traffic_counts() -> None:
    values = flatten(
        [
            _stream("outbound_rtp", sent__bytes_sent=5, outbound__frame_width=640),
            _stream("outbound_rtp", sent__bytes_sent=0, outbound__frame_width=320),
            _stream("inbound_rtp", inbound__frames_received=9, inbound__frame_width=1088),
            _stream("inbound_rtp", inbound__frames_received=0, inbound__frame_width=8),
        ]
    )
    assert values["outbound.frame_width"] == 640
    assert values["inbound.frame_width"] == 1088


def test_a_stream_before_its_first_byte_is_shown_outbound_but_not_inbound() -> None:
    values = flatten([_stream("outbound_rtp"), _stream("inbound_rtp")])
    assert values["outbound.bytes_sent"] == 0
    assert not any(name.startswith("inbound.") for name in values)


def test_nothing_comes_of_nothing() -> None:
    assert flatten([]) == {}
    assert flatten([stats_pb2.RtcStats()]) == {}


def test_every_value_is_a_scalar_that_json_takes() -> None:
    parts = ("outbound_rtp", "remote_inbound_rtp")
    messages = [_stream(part) for part in parts]
    messages.append(_stream("inbound_rtp", inbound__frames_received=1))
    values = flatten(messages)
    assert values
    assert all(v is None or isinstance(v, str | int | float) for v in values.values())
