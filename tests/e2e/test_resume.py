"""A run that was killed, or stopped by Ctrl-C, goes on and ends as if nothing had been."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from g2gbench.store.reading import Run, open_run
from tests.e2e.sessions import g2gbench, passthrough, until
from tests.inconclusive import assert_sound

pytestmark = [pytest.mark.session, pytest.mark.slow]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "way",
    [
        pytest.param(signal.SIGKILL, id="killed"),
        pytest.param(signal.SIGINT, id="Ctrl-C", marks=pytest.mark.nightly),
    ],
)
async def test_it_goes_on_where_it_was_stopped_without_repeating_what_it_has(
    tmp_path: Path, way: signal.Signals
) -> None:
    scenario = tmp_path / "two.yaml"
    scenario.write_text(f"{passthrough('two', warmup=2, duration=3)}repeat: 2\n", encoding="utf-8")
    out = tmp_path / "runs"
    process = await g2gbench("run", str(scenario), "--out", str(out))
    await until(process.stderr, "[2/2]")
    await until(process.stderr, "[2/2]")  # its figures, seconds later: the trial has records
    process.send_signal(way)
    await asyncio.wait_for(process.communicate(), 60)
    (path,) = out.iterdir()
    stopped = open_run(path)
    assert_sound(stopped.trials[0].result)
    assert (stopped.trials[0].repeat, stopped.trials[0].status) == (0, "ok")
    first = _journal(stopped, 0)
    process = await g2gbench("run", "--resume", str(path))
    _, err = await asyncio.wait_for(process.communicate(), 120)
    resumed = open_run(path)
    assert_sound(*(trial.result for trial in resumed.trials))
    assert process.returncode == 0, err.decode()
    assert "default #0" not in err.decode()
    assert resumed.status == "pass"
    assert [(trial.repeat, trial.status) for trial in resumed.trials] == [
        (repeat, "ok") for repeat in range(2)
    ]
    assert _journal(resumed, 0) == first
    assert (path / "trials" / "default" / "1-attempt-1").is_dir()
    assert [one.status for one in resumed.trials[1].result.attempts] == ["interrupted"]


def _journal(run: Run, repeat: int) -> bytes:
    return (run.trials[repeat].path / "journal.jsonl").read_bytes()
