from __future__ import annotations

from typing import Any

from g2gbench.analysis.codecs import codecs
from g2gbench.analysis.trials import TRIAL_STATUSES
from g2gbench.analysis.valid import counting, is_valid, valid_cells, valid_trials, values_of
from tests.analysis.trials import trial


def _cell(status: str, *trials: tuple[str, float | None]) -> dict[str, Any]:
    return {
        "cell": status,
        "status": status,
        "trials": [{"status": s, "metrics": {"fps": {"value": v}}} for s, v in trials],
    }


def test_only_what_is_ok_counts() -> None:
    each = [trial(i, status=status) for i, status in enumerate(TRIAL_STATUSES)]
    assert [one.status for one in counting(each)] == ["ok"]


def test_values_are_those_of_trials_that_count_and_were_measured() -> None:
    cell = _cell("pass", ("ok", 30.0), ("invalid", 90.0), ("ok", None), ("failed", 9.0))
    assert values_of(cell, "fps") == [30.0]
    assert values_of(cell, "unknown") == []
    assert len(valid_trials(cell)) == 2


def test_an_invalid_cell_stands_beside_no_other() -> None:
    cells = [_cell(status) for status in ("pass", "fail", "invalid", "interrupted")]
    assert [cell["cell"] for cell in valid_cells({"cells": cells})] == [
        "pass", "fail", "interrupted"
    ]  # fmt: skip
    assert not is_valid(cells[2])


def test_an_invalid_cell_is_not_ranked_however_good_its_valid_trial_was() -> None:
    def one(codec: str, rate: str, status: str, value: float) -> dict[str, Any]:
        metrics = {"psnr_displayed_db": {"value": value}, "g2g_ms.p50": {"value": value}}
        bad = {"status": "invalid", "repeat": 1, "invalid_because": ["late"], "metrics": metrics}
        return {
            "cell": f"{codec}-{rate}",
            "settings": {"publish.codec": codec, "publish.max_bitrate": rate},
            "status": status,
            "trials": [{"status": "ok", "repeat": 0, "metrics": metrics, "message": ""}, bad],
            "metrics": {},
        }

    cells = [
        one(codec, rate, "invalid" if (codec, rate) == ("vp8", "1Mbps") else "pass", 40.0)
        for codec in ("vp8", "h264")
        for rate in ("1Mbps", "2Mbps")
    ]
    found = codecs(cells)
    assert found is not None
    ranked = {name for one in found[0]["rankings"] for group in one["groups"] for name in group}
    assert ranked == {"vp8-2Mbps", "h264-1Mbps", "h264-2Mbps"}
