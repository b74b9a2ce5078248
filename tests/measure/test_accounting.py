from __future__ import annotations

from g2gbench.measure.accounting import STAGES, accounting
from g2gbench.measure.ledger import build
from g2gbench.measure.records import ServiceFrame
from tests.measure import sessions
from tests.measure.sessions import MS, capture_ns, captured, counters_at, seen


def test_each_stage_is_counted_with_what_it_lost_to_the_one_before() -> None:
    frames = [captured(i, accepted=i != 3) for i in range(100)]
    remote = [seen(i, reading="ok" if i % 10 else "no_marker") for i in range(60, 90)]
    late = capture_ns(200)
    snapshot = counters_at(late, source=98, encoded=95, decoded=35)
    view = sessions.session([*frames, *remote, snapshot], end_ns=late + 1)
    dropped = [ServiceFrame(i, 5000 + i, None, 8, 8, dropped="superseded") for i in range(5)]
    sent = [ServiceFrame(i, 5000 + i, None, 8, 8, sent_ns=i + 1) for i in range(5, 90)]
    service = dropped + sent
    rows = accounting(view, build(view), service)
    assert [(r.stage, r.count, r.lost) for r in rows] == [
        ("captured", 99, None),
        ("source", 98, 1),
        ("encoded", 95, 3),
        ("service_received", 90, 5),
        ("service_sent", 85, 5),
        ("decoded", 35, 50),
        ("returned", 30, 5),
        ("read", 27, 3),
    ]


def test_a_stage_that_nothing_counts_is_null_with_the_reason_and_is_stepped_over() -> None:
    view = sessions.session([seen(i) for i in range(8)], frames=10)
    rows = {r.stage: r for r in accounting(view, build(view))}
    assert tuple(rows) == STAGES
    assert rows["encoded"].count is None
    assert rows["encoded"].reason == "the statistics do not tell it"
    assert rows["service_sent"].reason == "the service keeps no frame log here"
    assert rows["returned"].lost == 2


def test_stages_are_counted_up_to_the_last_statistics() -> None:
    snapshot = counters_at(capture_ns(50) + MS, source=51, encoded=51, decoded=48)
    view = sessions.session([snapshot, *(seen(i) for i in range(100))], frames=100)
    service = [
        ServiceFrame(capture_ns(i), 5000 + i, None, 8, 8, sent_ns=capture_ns(i) + 2 * MS)
        for i in range(100)
    ]
    rows = {r.stage: r for r in accounting(view, build(view), service)}
    assert rows["captured"].count == rows["service_received"].count == 51
    assert rows["service_sent"].count == 50
    assert rows["source"].lost == rows["encoded"].lost == 0
    assert rows["returned"].count == 48
