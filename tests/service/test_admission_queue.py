from __future__ import annotations

from g2gbench.service.admission_queue import AdmissionQueue


def test_seats_go_to_who_asks_first_and_the_others_wait_in_order() -> None:
    line: AdmissionQueue[str] = AdmissionQueue(2)
    assert [line.ask(who) for who in "abcd"] == [True, True, False, False]
    assert line.free == 0
    assert list(line.places()) == [("c", 1, 2), ("d", 2, 2)]
    assert line.leave("a") == "c"
    assert list(line.places()) == [("d", 1, 1)]


def test_who_leaves_the_line_gives_up_a_place_and_no_seat() -> None:
    line: AdmissionQueue[str] = AdmissionQueue(1)
    for who in "abc":
        line.ask(who)
    assert line.leave("b") is None
    assert list(line.places()) == [("c", 1, 1)]
    assert line.leave("a") == "c"
    assert line.leave("c") is None
    assert line.free == 1


def test_who_never_asked_may_leave() -> None:
    line: AdmissionQueue[str] = AdmissionQueue(1)
    assert line.leave("x") is None
    assert line.free == 1
