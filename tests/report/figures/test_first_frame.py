from __future__ import annotations

from g2gbench.report.figures.first_frame import first_frame, steps_of

REACHED: dict[str, float | None] = {
    "connect_ms.websocket": 55.0,
    "connect_ms.room_info": 84.0,
    "connect_ms.room": 303.0,
    "connect_ms.publish": 341.0,
    "connect_ms.subscribe": 305.0,
    "connect_ms.first_packet": None,
    "connect_ms.first_frame": 512.0,
    "ttff_ms": 882.0,
}


def test_a_phase_begins_where_the_one_that_it_follows_was_reached() -> None:
    found = {step.name: (step.start_ms, step.end_ms) for step in steps_of(REACHED)}
    expected = {
        "signalling socket open": (0, 55),
        "track published": (303, 341),
        "first remote frame": (305, 512),  # no first packet: from the subscription
        "first readable marker": (512, 882),
    }
    assert {name: found[name] for name in expected} == expected
    assert "first packet" not in found


def test_no_bar_is_of_negative_length() -> None:
    early = REACHED | {"connect_ms.first_frame": 290.0}
    assert all(step.start_ms <= step.end_ms for step in steps_of(early))


def test_a_connection_that_broke_off_shows_what_it_reached() -> None:
    broken: dict[str, float | None] = {"connect_ms.websocket": 55.0, "ttff_ms": None}
    assert [step.name for step in steps_of(broken)] == ["signalling socket open"]
    assert first_frame(broken, 0, "a").alt == (
        "Connecting in trial 0: signalling socket open at 55.0 ms."
    )
