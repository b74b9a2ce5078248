"""Whatever happened to a stored run, its readers tell what they can, or name what is damaged."""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import g2gbench
from g2gbench import report
from g2gbench.analysis.verdict import CellPlan
from g2gbench.errors import InputError
from g2gbench.report.formats import terminal, trend
from g2gbench.report.formats.exports import FORMATS
from g2gbench.scenario.model.quality import QualitySection
from g2gbench.store import resuming, stored_json
from g2gbench.store.comparing import compare
from g2gbench.store.histories import histories
from g2gbench.store.judging import judged_again
from g2gbench.store.origin import scenario_of
from g2gbench.store.reading import Run, open_run
from g2gbench.workflow import benchmark
from tests.report import runs
from tests.report.runs import Recipe
from tests.report.undrawn import undrawn
from tests.store.damage import damage

pytestmark = pytest.mark.integration

MATRIX = {
    f"publish.codec={codec},publish.max_bitrate={rate}": [
        Recipe(prompt="a beach", frames=60, link=True, blackout=(1, 2)),
        Recipe(seed=2, frames=60, skipped=12),
    ]
    for codec in ("vp8", "h264")
    for rate in ("1Mbps", "2Mbps")
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    root = tmp_path_factory.mktemp("stored")
    return [
        runs.store(root / "matrix", MATRIX, extra={"calibration": runs.CALIBRATION}),
        runs.store(
            root / "killed",
            {"default": [Recipe(lost=[40]), Recipe(seed=2, cut=220)]},
            killed=True,
            repeat=3,
        ),
        runs.passing(root / "passing"),
    ]


def readers(place: Path, whole: Run) -> Iterator[Callable[[], object]]:
    run = g2gbench.load(place)
    yield lambda: (run.frames(), run.rtcstats(), run.quality(), run.summary())
    yield lambda: terminal.render(run, verbose=True)
    for name, form in FORMATS.items():
        if name != "html":
            yield lambda form=form: form(run)  # type: ignore[misc] # called at once
    yield lambda: compare(run, whole).as_plain()
    yield lambda: compare(whole, run).as_plain()
    yield lambda: trend.text([trend.trend_of(one, (), {}) for one in histories(place)])
    yield lambda: benchmark.remaining(run, scenario_of(run.facts, {}))
    yield lambda: resuming.check(run)
    plans = [CellPlan(str(cell["cell"]), 3) for cell in run.facts["cells"]]
    yield lambda: resuming.statuses(run, plans)
    yield lambda: judged_again(run, QualitySection(), "bounds.yaml").summary_data


def tried(readers: Iterator[Callable[[], object]]) -> list[str]:
    """What was reported of the damage; anything but InputError passes through."""
    told: list[str] = []
    while True:
        try:
            next(readers)()
        except StopIteration:
            return told
        except InputError as error:
            told.append(str(error))


def copied(run: Run, root: Path) -> Path:
    return Path(shutil.copytree(run.path, root / run.path.name, symlinks=True))


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, 12))]
)
def test_every_reader_ends_in_words_whatever_happened_to_the_files(
    stored: list[Run], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(10):
        whole = chance.choice(stored)
        place = copied(whole, tmp_path / str(number))
        done = damage(place, chance)
        try:
            told = tried(readers(place, whole))
        except Exception as error:
            error.add_note(done)
            raise
        assert all(told), done


@pytest.mark.parametrize("count", [1, pytest.param(30, marks=pytest.mark.nightly)])
def test_a_report_is_written_or_refused_whatever_happened_to_the_files(
    stored: list[Run], tmp_path: Path, count: int
) -> None:
    chance = random.Random(7)
    for number in range(count):
        place = copied(stored[2], tmp_path / str(number))
        done = damage(place, chance)
        try:
            with undrawn(pages=False):
                tried(iter([lambda place=place: report.write(open_run(place))]))  # type: ignore[misc] # a default binds it
        except Exception as error:
            error.add_note(done)
            raise


def rewrite(path: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda facts: facts.pop("cells"), "cells"),
        (lambda facts: facts["trials"][0].update(path="../../etc"), "within the run directory"),
        (lambda facts: facts["trials"][0].update(cell="other"), "a cell that is not there"),
        (lambda facts: facts["trials"].append(facts["trials"][0]), "there twice"),
        (lambda facts: facts["cells"].append(facts["cells"][0]), "there twice"),
        (lambda facts: facts.update(started="yesterday"), "started: .* ISO 8601"),
        (lambda facts: facts.update(started="2026-01-02"), "time zone"),
        (lambda facts: facts["machine"].update(cores="four"), "machine.cores: .*; found 'four'"),
        (lambda facts: facts["cells"][0].update(judging={"x": 1}), "quality verdict"),
        (lambda facts: facts["cells"][0].update(expect=["nonsense < 3"]), "not known here"),
        (lambda facts: facts.update(name=10**30), "more than 64 bits"),
        (lambda facts: facts.update(name=float("nan")), "no number"),
        (lambda facts: facts.update(scenario=json.loads("[" * 99 + "]" * 99)), "nested deeper"),
    ],
)
def test_a_damaged_run_json_is_named_with_the_place(
    stored: list[Run], tmp_path: Path, change: Callable[[Any], object], words: str
) -> None:
    place = copied(stored[1], tmp_path)
    rewrite(place / "run.json", change)
    with pytest.raises(InputError, match=words) as refused:
        _ = open_run(place).summary_data
    assert str(place) in str(refused.value) or "expectation" in words or "not known" in words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s["cells"][0]["trials"].append(s["cells"][0]["trials"][0]), "there twice"),
        (lambda s: s["cells"][0]["expectations"][0].update(metric="x"), "a metric of this version"),
        (lambda s: s["cells"][0]["metrics"]["fps"].update(value=None), "has no reason"),
        (lambda s: s["cells"][0].update(quality="splendid"), "quality level"),
        (lambda s: s["cells"].append(s["cells"][0]), "there twice"),
        (lambda s: s["cells"][1]["expectations"].pop(), "expectations are not the same"),
        (lambda s: s["cells"][0]["trials"][0]["accounting"].pop(), "stages are not the same"),
    ],
)
def test_a_damaged_summary_is_named_with_the_place(
    stored: list[Run], tmp_path: Path, change: Callable[[Any], object], words: str
) -> None:
    place = copied(stored[0], tmp_path)
    rewrite(place / "summary.json", change)
    with pytest.raises(InputError, match=words):
        _ = open_run(place).summary_data


def test_a_metric_that_a_stored_summary_lacks_was_not_measured(
    stored: list[Run], tmp_path: Path
) -> None:
    place = copied(stored[2], tmp_path)
    rewrite(place / "summary.json", lambda s: s["cells"][0]["metrics"].pop("g2g_ms.p50"))
    assert "not known to this run" in terminal.render(open_run(place), verbose=True)


def test_a_run_without_a_cell_is_told_in_every_form(tmp_path: Path) -> None:
    empty = runs.store(tmp_path, {})
    assert terminal.render(empty, verbose=True)
    for form in FORMATS.values():
        form(empty)


def test_a_passed_run_without_its_summary_has_passed(stored: list[Run], tmp_path: Path) -> None:
    place = copied(stored[2], tmp_path)
    (place / "summary.json").unlink()
    assert open_run(place).status == stored[2].status == "pass"


def change_column(path: Path, name: str, values: pa.Array | None) -> None:
    table = pq.read_table(path)
    at = table.column_names.index(name)
    kept = table.remove_column(at) if values is None else table.set_column(at, name, values)
    pq.write_table(kept, path)


@pytest.mark.parametrize(
    ("file", "column", "value", "words"),
    [
        ("frames", "g2g_ms", None, "one column g2g_ms"),
        ("frames", "steady", "x", "column steady holds string"),
        ("frames", "outcome", "eaten", "holds 'eaten'; allowed"),
        ("frames", "captured_ns", (pa.int64(), None), "captured_ns has gaps"),
        ("frames", "received_ns", (pa.int64(), None), "no arrival"),
        ("rtcstats", "at_ns", (pa.int64(), None), "at_ns has gaps"),
        ("rtcstats", "source.frames", [1], "column source.frames holds list"),
        ("quality", "reasons", None, "one column reasons"),
        ("quality", "provisional", (pa.bool_(), None), "provisional has gaps"),
        ("quality", "rtt_ms", -1.0, "damaged"),
        ("packets", "size", (pa.uint32(), None), "size has gaps"),
        ("packets", "kind", None, "one column kind"),
    ],
)
def test_a_table_that_is_no_such_table_is_named(
    stored: list[Run], tmp_path: Path, file: str, column: str, value: Any, words: str
) -> None:
    place = copied(stored[0], tmp_path)
    path = next(place.rglob("0")) / f"{file}.parquet"
    size = len(pq.read_table(path))
    kind, value = value if isinstance(value, tuple) else (None, value)
    given = value is not None or kind is not None
    change_column(path, column, pa.array([value] * size, type=kind) if given else None)
    with undrawn(), pytest.raises(InputError, match=words) as refused:
        report.write(open_run(place))
    assert str(path) in str(refused.value)


def test_words_of_a_packet_log_that_are_not_its_own_are_named(
    stored: list[Run], tmp_path: Path
) -> None:
    place = copied(stored[0], tmp_path)
    path = next(place.rglob("packets.parquet"))
    size = len(pq.read_table(path))
    change_column(path, "fate", pa.array(["eaten"] * size).dictionary_encode())
    with undrawn(), pytest.raises(InputError, match="a word that is not one of its own"):
        report.write(open_run(place))


def test_a_column_that_is_there_twice_is_named(stored: list[Run], tmp_path: Path) -> None:
    place = copied(stored[2], tmp_path)
    path = next(place.rglob("rtcstats.parquet"))
    table = pq.read_table(path)
    pq.write_table(table.append_column("source.frames", table.column("source.frames")), path)
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        open_run(place).rtcstats()


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(
    stored: list[Run], tmp_path: Path
) -> None:
    place = copied(stored[2], tmp_path)
    (place / "summary.json").unlink()
    os.mkfifo(place / "summary.json")
    with pytest.raises(InputError, match="it is no file"):
        _ = open_run(place).summary_data


def test_trials_that_lost_their_records_are_told_and_the_rest_is_read(
    stored: list[Run], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = copied(stored[0], tmp_path)
    first, second, third, *_ = (
        trial.path.relative_to(stored[0].path) for trial in stored[0].trials
    )
    shutil.rmtree(place / first)
    (place / second / "trial.json").unlink()
    (place / third / "frames.parquet").unlink()
    with caplog.at_level(logging.WARNING):
        run = open_run(place)
    assert len(run.trials) == len(stored[0].trials) - 1
    assert [trial.rebuilt for trial in run.trials[:3]] == [True, True, False]
    assert len(run.missing) == 3
    assert f"{first} has no records" in run.missing[0]
    assert all(one in caplog.text for one in run.missing)


def test_a_trial_that_lies_in_the_place_of_another_is_named(
    stored: list[Run], tmp_path: Path
) -> None:
    place = copied(stored[0], tmp_path)
    first, second, *_ = (trial.path.relative_to(stored[0].path) for trial in stored[0].trials)
    shutil.copy(place / first / "trial.json", place / second / "trial.json")
    with pytest.raises(InputError, match="of another trial"):
        open_run(place)


def test_a_run_has_the_same_id_wherever_it_lies_and_another_run_has_another(
    stored: list[Run], tmp_path: Path
) -> None:
    place = copied(stored[0], tmp_path)
    (tmp_path / "link").symlink_to(place)
    ids = {open_run(tmp_path / "link").identity, open_run(place).identity, stored[0].identity}
    assert len(ids) == 1
    assert ids & {stored[1].identity, stored[2].identity} == set()
    rewrite(place / "run.json", lambda facts: facts.update(id="a1"))
    assert open_run(place).identity.startswith("a1 ")


def test_what_cannot_be_read_below_a_directory_is_told_and_left_out(
    stored: list[Run], tmp_path: Path
) -> None:
    copied(stored[2], tmp_path / "a")
    copied(stored[2], tmp_path / "b")
    for name, text in (("empty", ""), ("foreign", '{"schema": "x"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text, encoding="utf-8")
    (history,) = histories(tmp_path)
    assert len(history.runs) == 1
    assert len(history.left_out) == 3
    told = " ".join([*history.left_out, *history.left_out.values()])
    assert all(name in told for name in ("empty", "foreign", "the same run as"))
    shutil.rmtree(tmp_path / "a")
    shutil.rmtree(tmp_path / "b")
    with pytest.raises(InputError, match=r"no run below(.|\n)*left out: .*empty"):
        histories(tmp_path)


def test_a_number_beyond_a_float_and_a_file_beyond_all_bounds_are_named(
    stored: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = copied(stored[2], tmp_path)
    text = (place / "run.json").read_text(encoding="utf-8")
    (place / "run.json").write_text(text.replace('"schema": 1', '"schema": 1e999'), "utf-8")
    with pytest.raises(InputError, match="1e999 is too large"):
        open_run(place)
    monkeypatch.setattr(stored_json, "LARGEST_BYTES", 10)
    with pytest.raises(InputError, match="larger than"):
        open_run(place)


def test_records_that_may_not_be_read_are_named(
    stored: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    place = copied(stored[2], tmp_path)
    trial = open_run(place).trials[0]
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(InputError, match=r"events\.jsonl cannot be read: Permission denied"):
        _ = trial.session
