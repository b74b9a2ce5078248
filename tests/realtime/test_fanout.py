from __future__ import annotations

import logging

import pytest

from g2gbench.realtime.streams import _Fanout


async def test_a_sink_that_raises_is_logged_once_and_costs_the_others_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fanout: _Fanout[int] = _Fanout()
    taken: list[int] = []

    def broken(item: int) -> None:
        raise RuntimeError(f"at {item}")

    fanout.sinks += [broken, taken.append]
    with caplog.at_level(logging.ERROR):
        for item in (1, 2):
            fanout(item)
    assert taken == [1, 2]
    assert [record.exc_text is not None for record in caplog.records] == [True]
    assert "at 1" in caplog.text
