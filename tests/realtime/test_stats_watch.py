"""Statistics of a session, second by second, on a clock of the test's own."""

from __future__ import annotations

from typing import Any, TypeVar

from g2gbench.media.latency_meter import G2G
from g2gbench.quality import Level
from g2gbench.realtime import events
from g2gbench.realtime.events import Event
from g2gbench.realtime.stats_watch import Scalar, StatsWatch

S = 1_000_000_000
E = TypeVar("E", bound=Event)


class Watched:
    """Feeds one snapshot a second."""

    def __init__(self, watch: StatsWatch | None = None) -> None:
        self.watch = watch or StatsWatch(2_000_000)
        self.seconds = 0
        self.frames = 0.0
        self.told: list[Event] = []

    def second(self, fps: float, g2g: G2G | None = None, /, **values: Any) -> list[Event]:
        self.seconds += 1
        self.frames += fps
        snapshot: dict[str, Scalar] = {
            "inbound.frames_decoded": int(self.frames),
            "remote_inbound.round_trip_time": 0.03,
            "remote_inbound.fraction_lost": 0.0,
            "pair.available_outgoing_bitrate": 3e6,
        }
        snapshot |= {name.replace("__", "."): value for name, value in values.items()}
        told = self.watch.take(self.seconds * S, snapshot, g2g)
        self.told += told
        return told


def _of(told: list[Event], kind: type[E]) -> list[E]:
    return [event for event in told if isinstance(event, kind)]


def test_every_snapshot_is_told_whole() -> None:
    watched = Watched()
    (stats,) = _of(watched.second(30, inbound__x="y"), events.RtcStats)
    assert stats.values["inbound.x"] == "y"
    assert stats.at_ns == S


def test_publish_stats_tell_totals_and_what_grew() -> None:
    watched = Watched()
    first: dict[str, Any] = {"outbound__bytes_sent": 1000, "outbound__frames_encoded": 30}
    watched.second(30, **first)
    (_, second) = _of(
        [
            *watched.told,
            *watched.second(
                30,
                outbound__bytes_sent=1500,
                outbound__frames_encoded=58,
                outbound__frame_width=640,
                outbound__frame_height=360,
                outbound__encoder_implementation="libvpx",
                outbound__quality_limitation_reason="cpu",
            ),
        ],
        events.PublishStats,
    )
    assert (second.bytes_sent, second.delta_bytes) == (1500, 500)
    assert (second.frames_encoded, second.delta_frames) == (58, 28)
    assert (second.frame_width, second.frame_height) == (640, 360)
    assert second.encoder_implementation == "libvpx"
    assert second.quality_limitation_reason == "cpu"


def test_what_publishes_nothing_has_no_publish_stats() -> None:
    assert _of(Watched().second(30), events.PublishStats) == []


def test_video_that_stands_still_is_told_when_it_begins_and_when_it_ends() -> None:
    watched = Watched()
    for fps in (30, 30, 0.4, 0, 0, 30, 30):
        watched.second(fps)
    began, ended = _of(watched.told, events.VideoStall)
    assert (began.stalled, began.at_ns) == (True, 3 * S)
    assert (ended.stalled, ended.at_ns, ended.duration_ms) == (False, 6 * S, 3000)


def test_video_that_never_came_has_not_stalled() -> None:
    watched = Watched()
    for _ in range(5):
        watched.second(0)
    assert _of(watched.told, events.VideoStall) == []


def test_transport_states_and_the_pair_are_told_when_they_change() -> None:
    watched = Watched()
    pair: dict[str, Any] = {
        "pair__local_candidate_type": "host",
        "pair__remote_candidate_type": "prflx",
        "pair__protocol": "udp",
    }
    for ice in ("checking", "connected", "connected"):
        watched.second(30, transport__ice_state=ice, transport__dtls_state="new", **pair)
    changes = [(t.part, t.state) for t in _of(watched.told, events.TransportChanged)]
    assert changes == [("ice", "checking"), ("dtls", "new"), ("ice", "connected")]
    (selected,) = _of(watched.told, events.SelectedCandidatePair)
    assert (selected.local_type, selected.remote_type, selected.protocol) == (
        "host",
        "prflx",
        "udp",
    )


def test_the_quality_needs_two_snapshots_and_is_told_when_it_changes() -> None:
    watched = Watched()
    watched.second(30)
    assert watched.watch.quality is None
    watched.second(30)
    (first,) = _of(watched.told, events.QualityChanged)
    assert first.verdict.level is Level.GOOD
    assert first.verdict.provisional
    for _ in range(10):
        watched.second(30)
    assert [q.verdict.provisional for q in _of(watched.told, events.QualityChanged)] == [
        True,
        False,
    ]
    for _ in range(12):
        watched.second(30, remote_inbound__round_trip_time=0.4)
    worst = _of(watched.told, events.QualityChanged)[-1].verdict
    assert worst.level is Level.POOR
    assert worst.limiting_factor == "latency"


def test_what_the_meter_measured_drives_the_latency() -> None:
    watched = Watched()
    for _ in range(3):
        watched.second(30, G2G(1200, 0.0, 300))
    quality = watched.watch.quality
    assert quality is not None
    assert quality.level is Level.POOR
    assert quality.limiting_factor == "latency"


def test_a_new_connection_begins_anew() -> None:
    watched = Watched()
    for _ in range(3):
        watched.second(30, outbound__bytes_sent=100, outbound__frames_encoded=1)
    watched.watch.connected()
    assert watched.watch.quality is None
    told = watched.second(30, outbound__bytes_sent=70, outbound__frames_encoded=2)
    (stats,) = _of(told, events.PublishStats)
    assert stats.delta_bytes == 70
    assert watched.watch.quality is None
