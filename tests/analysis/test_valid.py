from __future__ import annotations

from g2gbench.analysis.codecs import codecs
from g2gbench.analysis.result import CellResult
from g2gbench.analysis.trials import TRIAL_STATUSES
from g2gbench.analysis.valid import counting, is_valid, valid_cells, values_of
from g2gbench.analysis.verdict import CellStatus
from tests.analysis.results import cell, estimate
from tests.analysis.trials import trial

CELL_STATUSES: tuple[CellStatus, ...] = ("pass", "fail", "invalid", "interrupted")


def test_only_what_is_ok_counts() -> None:
    each = [trial(i, status=status) for i, status in enumerate(TRIAL_STATUSES)]
    assert [one.status for one in counting(each)] == ["ok"]


def test_values_are_those_of_trials_that_count_and_were_measured() -> None:
    one = cell(
        trial(0, {"fps": 30.0}),
        trial(1, {"fps": 90.0}, status="invalid"),
        trial(2, {"fps": None}),
        trial(3, {"fps": 9.0}, status="failed"),
    )
    assert values_of(one, "fps") == [30.0]
    assert values_of(one, "unknown") == []
    assert len(counting(one.trials)) == 2


def test_an_invalid_cell_stands_beside_no_other() -> None:
    cells = [cell(status=status) for status in CELL_STATUSES]
    assert [one.status for one in valid_cells(cells)] == ["pass", "fail", "interrupted"]
    assert not is_valid(cells[2])


def test_an_invalid_cell_is_not_ranked_however_good_its_valid_trial_was() -> None:
    def one(codec: str, rate: str, status: CellStatus) -> CellResult:
        measured = {"psnr_displayed_db": 40.0, "g2g_ms.p50": 40.0}
        return cell(
            trial(0, measured),
            trial(1, measured, status="invalid", because=["late"]),
            settings={"publish.codec": codec, "publish.max_bitrate": rate},
            metrics={"uplink.bitrate_bps": estimate(None)},
            status=status,
            cell=f"{codec}-{rate}",
        )

    cells = [
        one(codec, rate, "invalid" if (codec, rate) == ("vp8", "1Mbps") else "pass")
        for codec in ("vp8", "h264")
        for rate in ("1Mbps", "2Mbps")
    ]
    found = codecs(cells)
    assert found is not None
    ranked = {name for one in found[0].rankings for group in one.groups for name in group}
    assert ranked == {"vp8-2Mbps", "h264-1Mbps", "h264-2Mbps"}
