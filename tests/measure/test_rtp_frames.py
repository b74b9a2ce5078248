from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from g2gbench.measure import rtp_frames
from g2gbench.measure.journal import ABSENT
from tests.measure.packet_logs import MS, PER_FRAME, log, packet, stream
from tests.measure.sessions import INTERVAL, START

FRAMES = 60


def sent(frames: int = FRAMES, *, jitter_ms: float = 0.0) -> npt.NDArray[np.int64]:
    chance = np.random.default_rng(4)
    noise = (chance.random(frames) * jitter_ms * MS).astype(np.int64)
    return START + np.arange(frames, dtype=np.int64) * INTERVAL + noise


def align(
    found: rtp_frames.RtpFrames,
    at: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.int64]:
    """Without ``out`` nothing is known of what came out behind the link."""
    return rtp_frames.align(found, at, np.full(len(at), ABSENT) if out is None else out)


def test_packets_of_one_timestamp_are_one_frame_with_its_way_in_and_out() -> None:
    (found,) = rtp_frames.streams(log(stream(sent(), after_ms=4, through_ms=20)), "uplink")
    assert len(found) == FRAMES
    assert (found.first_ns == sent() + 4 * MS).all()
    assert (found.entered_ns == sent() + 4 * MS + 2 * MS // 10).all()
    assert (found.left_ns == found.entered_ns + 20 * MS).all()
    assert not found.absent.any()


def test_timestamps_and_numbers_go_on_across_their_wraps() -> None:
    """The origin lies a second before the wrap of the timestamp, the numbers begin at 65500."""
    (found,) = rtp_frames.streams(log(stream(sent())), "uplink")
    assert np.diff(found.rtp_ms) == pytest.approx(INTERVAL / MS)


def test_a_packet_that_is_sent_again_is_the_same_packet() -> None:
    (found,) = rtp_frames.streams(log(stream(sent(), lost={30}, again_ms=50)), "uplink")
    usual = found.left_ns - found.entered_ns
    assert found.entered_ns[30] == sent()[30] + 4 * MS + 2 * MS // 10  # its first way in
    assert usual[30] == 50 * MS + 20 * MS - MS // 10
    assert np.delete(usual, 30).tolist() == [20 * MS] * (FRAMES - 1)


def test_a_frame_of_which_a_packet_never_left_did_not_leave() -> None:
    (found,) = rtp_frames.streams(log(stream(sent(), lost={30, 31})), "uplink")
    assert np.flatnonzero(found.left_ns == ABSENT).tolist() == [30, 31]
    assert not found.absent.any()


def test_a_packet_that_never_came_is_told_by_its_number() -> None:
    (found,) = rtp_frames.streams(log(stream(sent(), holes={12})), "uplink")
    assert np.flatnonzero(found.absent).tolist() == [12]
    assert found.left_ns[12] != ABSENT


def test_padding_behind_a_frame_is_no_part_of_it() -> None:
    (found,) = rtp_frames.streams(log(stream(sent(), padded={20, 21})), "uplink")
    assert len(found) == FRAMES
    assert (found.left_ns != ABSENT).all()
    assert not found.absent.any()


def test_directions_sources_and_other_packets_are_kept_apart() -> None:
    later = sent() + FRAMES * INTERVAL
    records = [
        *stream(sent(), ssrc=9),
        *stream(later, ssrc=3),
        *stream(sent(), direction="downlink"),
        packet(START, kind="rtcp", ssrc=9),
        *(packet(START + i, ssrc=77) for i in range(rtp_frames.MIN_PACKETS - 1)),
        packet(START, fate="copy", ssrc=9, sequence=1, timestamp=1),
    ]
    first, second = rtp_frames.streams(log(records), "uplink")
    assert (len(first), len(second)) == (FRAMES, FRAMES)
    assert first.first_ns[0] < second.first_ns[0]  # in the order in which they began
    assert len(rtp_frames.streams(log(records), "downlink")) == 1
    assert rtp_frames.streams(log([]), "uplink") == ()


@pytest.mark.parametrize("jitter_ms", [0.0, 0.4, 6.0])
@pytest.mark.parametrize("after_ms", [2.0, 25.0])
def test_frames_are_found_again_by_their_timestamps(jitter_ms: float, after_ms: float) -> None:
    skipped = {0, 1, 17, 40}
    at = sent(jitter_ms=jitter_ms)
    (found,) = rtp_frames.streams(log(stream(at, skipped=skipped, after_ms=after_ms)), "uplink")
    assert align(found, at).tolist() == [i for i in range(FRAMES) if i not in skipped]


@pytest.mark.parametrize("jitter_ms", [2.0, 5.0, 20.0])
def test_a_slow_sender_is_told_by_the_jitter_of_its_captures(jitter_ms: float) -> None:
    """Shifted by one frame all would still come after they were sent, but not fit as well."""
    at = sent(300, jitter_ms=jitter_ms)
    (found,) = rtp_frames.streams(log(stream(at, after_ms=70)), "uplink")
    assert align(found, at).tolist() == list(range(300))


def test_an_encoder_that_leaves_out_every_other_frame_is_told_by_those_that_came_out() -> None:
    """The first frames are stamped late, so that all but them fit, and all fit one frame off."""
    at = sent(120)
    encoded = np.arange(0, 120, 2)
    stamped = at[encoded] + np.where(encoded < 6, INTERVAL, 0)
    (found,) = rtp_frames.streams(log(stream(stamped.tolist(), after_ms=5)), "uplink")
    came = at[encoded] + 5 * MS
    found = replace(found, first_ns=came, entered_ns=came, left_ns=came + 20 * MS)
    out = np.full(len(at), ABSENT)
    out[encoded] = found.left_ns + 3 * MS
    rows = align(found, at, out)
    assert rows[3:].tolist() == encoded[3:].tolist()
    assert set(align(found, at)[3:] - encoded[3:]) == {-1}  # what they keep it from


def test_no_frame_leaves_the_link_after_it_came_out_behind_it() -> None:
    """The same of an encoder that leaves one out: all others came out, and none before it left."""
    at = sent(100)
    encoded = np.delete(np.arange(100), 4)
    stamped = at[encoded] + np.where(encoded < 4, INTERVAL, 0)
    (found,) = rtp_frames.streams(log(stream(stamped.tolist())), "uplink")
    came = at[encoded] + 5 * MS
    found = replace(found, first_ns=came, entered_ns=came, left_ns=came + 20 * MS)
    out = np.full(len(at), ABSENT)
    out[encoded] = found.left_ns + 3 * MS
    assert align(found, at, out)[4:].tolist() == encoded[4:].tolist()
    assert set(align(found, at)[4:] - encoded[4:]) == {-1}


def test_a_page_that_tells_its_captures_roughly_is_found_again() -> None:
    """A browser on a busy machine: the sender's clock settles, the page is up to 3 ms off."""
    at = sent(200)
    (found,) = rtp_frames.streams(log(stream(at)), "uplink")
    settling_ms = -4 * np.exp(-np.arange(200) / 50)
    page_ms = np.random.default_rng(2).uniform(-3, 3, 200)
    told = at + ((settling_ms + page_ms) * MS).astype(np.int64)
    rows = align(found, told)
    assert np.count_nonzero(rows == np.arange(200)) > 180
    assert set(rows[rows != np.arange(200)].tolist()) <= {ABSENT}


def test_frames_of_the_sender_itself_fit_nothing() -> None:
    """An SDK sends black pictures of its own before the first frame."""
    own = [START - 200 * MS, START - 100 * MS]
    (found,) = rtp_frames.streams(log(stream([*own, *sent().tolist()])), "uplink")
    assert align(found, sent()).tolist() == [ABSENT, ABSENT, *range(FRAMES)]


def test_timestamps_that_follow_no_capture_fit_nothing() -> None:
    chance = np.random.default_rng(3)
    elsewhere = np.sort(START + chance.integers(0, FRAMES * INTERVAL, FRAMES))
    (found,) = rtp_frames.streams(log(stream(elsewhere.tolist())), "uplink")
    assert set(align(found, sent()).tolist()) == {ABSENT}


def test_too_few_frames_and_no_captures_fit_nothing() -> None:
    few = sent(rtp_frames.MIN_FRAMES - 1)
    (found,) = rtp_frames.streams(log(stream(few)), "uplink")
    assert len(found) * PER_FRAME >= rtp_frames.MIN_PACKETS
    assert set(align(found, few).tolist()) == {ABSENT}
    (whole,) = rtp_frames.streams(log(stream(sent())), "uplink")
    assert set(align(whole, np.empty(0, dtype=np.int64)).tolist()) == {ABSENT}
    long_ago = sent() - 2 * rtp_frames.REACH_NS - FRAMES * INTERVAL
    assert set(align(whole, long_ago).tolist()) == {ABSENT}
