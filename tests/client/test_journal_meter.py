"""A trial's latency while it runs, from its journal."""

from __future__ import annotations

from g2gbench.client.journal_meter import JournalMeter
from g2gbench.measure.records import Captured, Reached, Seen, Stats
from g2gbench.media.latency_meter import G2G

MS = 1_000_000


def test_it_measures_what_was_accepted_and_came_back_with_a_number() -> None:
    meter = JournalMeter(16)
    meter.take(Reached(0, "connect"))
    meter.take(Captured(0, 700, 5 * MS, 5 * MS))
    meter.take(Captured(1, 701, 38 * MS, 38 * MS, accepted=False))
    assert meter.take(Seen(45 * MS, 45 * MS, 700, "ok", 640, 360)) == 40
    assert meter.take(Seen(46 * MS, 46 * MS, 701, "ok", 640, 360)) is None  # it was never sent
    assert meter.take(Seen(47 * MS, 47 * MS, None, "no_marker", 640, 360)) is None
    assert meter.second == G2G()
    meter.take(Stats(1000 * MS, {}))
    assert meter.second == G2G(40, 0, 45)
