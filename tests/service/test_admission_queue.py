from __future__ import annotations

from g2gbench.service.admission_queue import AdmissionQueue


def test_seats_go_to_who_asks_first_and_the_others_wait_in_order() -> None:
    queue: AdmissionQueue[str] = AdmissionQueue(2)
    assert [queue.acquire(who) for who in "abcd"] == [True, True, False, False]
    assert queue.free == 0
    assert list(queue.positions()) == [("c", 1, 2), ("d", 2, 2)]
    assert queue.release("a") == "c"
    assert list(queue.positions()) == [("d", 1, 1)]


def test_who_leaves_the_line_gives_up_a_place_and_no_seat() -> None:
    queue: AdmissionQueue[str] = AdmissionQueue(1)
    for who in "abc":
        queue.acquire(who)
    assert queue.release("b") is None
    assert list(queue.positions()) == [("c", 1, 1)]
    assert queue.release("a") == "c"
    assert queue.release("c") is None
    assert queue.free == 1


def test_who_never_asked_may_leave() -> None:
    queue: AdmissionQueue[str] = AdmissionQueue(1)
    assert queue.release("x") is None
    assert queue.free == 1
