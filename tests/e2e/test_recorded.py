"""What one real session leaves: its ledger, budget, pictures, verdict and reports."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from g2gbench.cli import main
from g2gbench.measure import fidelity, startup
from g2gbench.measure.evaluate import evaluate
from g2gbench.measure.limits import Limits
from g2gbench.report.formats.exports import FORMATS
from g2gbench.store.reading import Run, Trial
from tests.inconclusive import assert_sound

pytestmark = pytest.mark.session
FILES = ("run.json", "summary.json", "summary.csv", "report.html", "summary.md", "junit.xml")
TRIAL_FILES = ("journal.jsonl", "frames.parquet", "rtcstats.parquet", "events.jsonl")


@pytest.fixture
def trial(recorded: Run) -> Trial:
    """The only one."""
    (trial,) = recorded.trials
    return trial


@pytest.fixture
def steady(trial: Trial) -> pd.DataFrame:
    """The ledger's rows of the steady state."""
    frames = trial.frames()
    return frames[frames["steady"]]


def test_it_is_sound(trial: Trial) -> None:
    assert_sound(trial.result)
    assert trial.result.frames["captured"] >= 235


def test_every_file_is_there(recorded: Run, trial: Trial) -> None:
    for name in FILES:
        assert (recorded.path / name).stat().st_size > 0
    for name in TRIAL_FILES:
        assert (trial.path / name).stat().st_size > 0


def test_no_frame_is_misread(trial: Trial) -> None:
    """Against the ground truth: every number read is one that the worker sent, for that frame."""
    truth = {
        f.number_out: f.witness for f in trial.recorded.service_frames if f.number_out is not None
    }
    frames = trial.frames()
    read = frames[frames["outcome"] == "delivered"]
    found = zip(read["seq"], read["frame_id"], strict=True)
    assert [(seq, frame_id) for seq, frame_id in found if truth.get(seq) != frame_id] == []
    readings = trial.result.readings
    assert readings["misread"] == readings["not_outstanding"] == readings["witness_disagree"] == 0
    assert readings["witness_agree"] >= len(read)


def test_every_frame_that_the_service_dropped_is_found_by_its_number(
    trial: Trial, steady: pd.DataFrame
) -> None:
    injected = {f.witness for f in trial.recorded.service_frames if f.dropped == "injected"}
    there = set(steady["frame_id"]) & injected
    assert len(there) >= 8
    dropped = steady[steady["outcome"] == "dropped"]
    assert set(dropped.loc[dropped["drop_phase"] == "service", "frame_id"]) == there
    assert_sound(trial.result)
    assert len(steady) - len(dropped) >= 0.995 * (len(steady) - len(there))


def test_the_parts_of_every_frames_way_sum_to_its_latency(
    trial: Trial, steady: pd.DataFrame
) -> None:
    frames = steady[steady["outcome"] == "delivered"]
    assert frames["budget_display_ms"].isna().all()  # behind g2g, and this client displays nothing
    columns = frames.columns.drop("budget_display_ms")
    parts = [name for name in columns if name.startswith("budget_")]
    assert len(parts) == 8
    assert np.allclose(frames[parts].fillna(0).sum(axis=1), frames["g2g_ms"])
    assert (frames["budget_unattributed_ms"] == 0).mean() > 0.99
    # What was injected is a lower bound of what was measured, whatever the machine does.
    for part, least_ms in (("uplink", 20), ("downlink", 40), ("service", 50)):
        assert (frames[f"budget_{part}_ms"].dropna() >= least_ms - 0.1).all(), part
    assert trial.result.metrics["link.late_ms.p99"].value is not None


def test_the_first_seconds_are_measured_from_the_first_frame_on(trial: Trial) -> None:
    metrics, frames = trial.result.metrics, trial.frames()
    back = frames[frames["outcome"] == "delivered"]
    since_s = (back["received_ns"] - back["received_ns"].min()).astype(float) / 1e9
    assert not back["steady"][since_s < 1].any()  # all of it is of the warm-up
    for seconds in (1, 3):
        first = back[since_s < seconds]
        g2g, psnr = (metrics[f"startup.{name}.{seconds}s"] for name in ("g2g_ms", "psnr_db"))
        assert g2g.value == pytest.approx(first["g2g_ms"].median())
        assert psnr.value == pytest.approx(first["psnr_db"].median())
        assert psnr.n >= 8
    for name in startup.REACHED:
        value = metrics[f"startup_ms.{name}"].value
        assert value is not None, metrics[f"startup_ms.{name}"].reason
        assert 0 <= value < 10_000


def test_the_pictures_are_scored_once_it_was_over_and_can_be_computed_again(
    trial: Trial, steady: pd.DataFrame
) -> None:
    metrics = trial.result.metrics
    scored = steady[steady["psnr_db"].notna()]
    # A frame that is one tick off moves by a pixel and more: no codec's frame is as far from its
    # own source as from its neighbour's, so this also holds that they were matched aright.
    assert scored["psnr_db"].min() > 25
    assert scored["psnr_db"].max() < fidelity.PSNR_CAP_DB  # two lossy encoders lie between
    assert 0.8 < scored["ssim"].min() <= scored["ssim"].max() < 1
    assert len(scored) >= 0.9 * len(steady) / 3
    assert (np.diff(scored["frame_id"].astype(int)) % 3 == 0).all()
    for name, column in (
        ("psnr_db", scored["psnr_db"]),
        ("ssim", scored["ssim"]),
        ("psnr_displayed_db", steady["psnr_displayed_db"].dropna()),
        ("ssim_displayed", steady["ssim_displayed"].dropna()),
    ):
        assert metrics[name].value == pytest.approx(column.mean()), name
    (event,) = [e.detail for e in trial.recorded.session.events if e.name == "vmaf"]
    assert event["reason"] == ""
    vmaf = metrics["vmaf_displayed"]
    assert vmaf.n >= len(scored)
    assert vmaf.value is not None
    assert 60 < vmaf.value < 100
    delivered = (steady["outcome"] == "delivered").sum()
    assert metrics["fidelity_scored_ratio"].value == pytest.approx(len(scored) / delivered)
    # Scored once the session had said goodbye, so that no other number moved.
    lines = (trial.path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds.index("scored") > max(i for i, kind in enumerate(kinds) if kind == "seen")
    session = trial.recorded.session
    (told,) = [event.detail for event in session.events if event.name == "fidelity"]
    assert int(str(told["scored"])) >= len(scored)
    assert int(str(told["first_scored"])) >= 30  # of the 2 s before
    assert int(str(told["scored"])) + int(str(told["first_scored"])) == len(session.scored)


def test_too_few_frames_for_an_expectation_leave_the_run_without_a_verdict(
    recorded: Run, trial: Trial
) -> None:
    assert trial.result.metrics["g2g_ms.p99"].reason.startswith("needs 500 delivered frames")
    assert (recorded.status, recorded.summary_data["exit_code"]) == ("invalid", 3)


def test_what_it_really_used_is_held_against_the_limits(trial: Trial) -> None:
    """How busy a core is depends on the machine: the limits are lowered instead."""
    recorded = trial.recorded
    low = Limits(process_cores=0.001, machine_ratio=0.001)
    found = evaluate(
        recorded.session, recorded.service_frames, recorded.packets, cores=2, limits=low
    ).invalid_because
    for process in ("client", "room", "worker", "link"):
        assert any(f"the {process} process used" in reason for reason in found), process
    assert any("of the machine" in reason for reason in found)


@pytest.mark.parametrize("form", FORMATS)
def test_it_is_reported_in_every_form(
    recorded: Run, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["report", str(recorded.path), "--format", form])
    assert capsys.readouterr().out.strip()
