from __future__ import annotations

import pytest

from g2gbench.analysis.spread import LIMIT, spread_of
from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.metric_value import Value


def _trial(repeat: int, p50: float | None, status: str = "ok", **metrics: float) -> TrialResult:
    values = {"g2g_ms.p50": p50, **{k.replace("__", "."): v for k, v in metrics.items()}}
    return TrialResult(
        "default",
        repeat,
        status,  # type: ignore[arg-type] # each is one of the literals
        metrics={name: Value(value, "" if value else "none", 1) for name, value in values.items()},
    )


def test_one_trial_has_no_spread() -> None:
    assert spread_of([]) is None
    assert spread_of([_trial(0, 10.0)]) is None
    assert spread_of([_trial(0, 10.0), _trial(1, 20.0, "invalid"), _trial(2, None)]) is None


def test_a_small_spread_is_told_and_not_explained() -> None:
    spread = spread_of([_trial(0, 10.0), _trial(1, 10.0 * (1 + LIMIT))])
    assert spread is not None
    assert spread.ratio == pytest.approx(LIMIT / (1 + LIMIT / 2))
    assert spread.text == ""


def test_a_slow_machine_shows_in_every_process() -> None:
    fast = _trial(0, 9.0, encode_ms=1.8, decode_ms=1.0, jitter_buffer_ms=0.2, cpu__room=0.026)
    slow = _trial(1, 11.0, encode_ms=2.2, decode_ms=1.3, jitter_buffer_ms=0.3, cpu__room=0.037)
    spread = spread_of([fast, slow])
    assert spread is not None
    assert spread.ratio == pytest.approx(0.2)
    assert "encode_ms +22%, decode_ms +30%, cpu.room +42%" in spread.text
    assert "jitter_buffer_ms" not in spread.text  # +50 %, but a twentieth of the gap


def test_a_grown_jitter_buffer_is_named() -> None:
    spread = spread_of(
        [
            _trial(0, 200.0, jitter_buffer_ms=120.0, cpu__room=0.03),
            _trial(1, 100.0, jitter_buffer_ms=30.0, cpu__room=0.03),
            _trial(2, 150.0, jitter_buffer_ms=60.0, cpu__room=0.03),
        ]
    )
    assert spread is not None
    assert "the slowest had jitter_buffer_ms +300%." in spread.text
    assert "67%" in spread.text


def test_what_nothing_explains_is_called_unexplained() -> None:
    spread = spread_of([_trial(0, 10.0, encode_ms=2.0), _trial(1, 20.0, encode_ms=2.0)])
    assert spread is not None
    assert "unexplained" in spread.text
