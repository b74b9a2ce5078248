"""What looks worse is measured again, with the candidate's scenario, before it is said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from g2gbench.scenario import loads, resolved
from g2gbench.store.comparing import compare
from g2gbench.store.reading import Run, open_run
from g2gbench.workflow.confirm import confirm
from tests.e2e.sessions import passthrough
from tests.report import runs
from tests.report.comparisons import five

pytestmark = [pytest.mark.session, pytest.mark.slow]

TEXT = f"{passthrough('short', duration=2)}matrix: {{publish.codec: [vp8, h264]}}\nrepeat: 5\n"
CELLS = ("publish.codec=vp8", "publish.codec=h264")


def stored(root: Path, slower: float) -> Run:
    """A run of the scenario, made by hand, whose second cell is slower."""
    cells = {CELLS[0]: five(), CELLS[1]: five(200 + slower, seed=9)}
    document = resolved(loads(TEXT))
    run = runs.store(root, cells, name="short", scenario=document, expect=())
    facts = {
        **run.facts,
        "scenario_text": TEXT,
        "scenario_sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
    }
    (run.path / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    return open_run(run.path)


async def test_the_cell_that_looks_worse_is_measured_again_and_the_run_is_kept(
    tmp_path: Path,
) -> None:
    base, candidate = stored(tmp_path / "base", 0), stored(tmp_path / "candidate", 90)
    found = compare(base, candidate, noise_path=tmp_path / "none")
    assert found.status == "regression"
    judged = await confirm(found, 1)
    (second,) = judged.second
    assert second.path.parent == candidate.path.parent
    assert second.name == "short-confirm"
    assert second.facts["scenario"]["publish"]["codec"] == "h264"
    (trial,) = second.trials
    # One session of the real loopback: some 10 ms, and far too few to confirm 90 ms more.
    assert trial.result.metrics["g2g_ms.p50"].value is not None
    rows = {row.metric: row for row in judged.rows if row.cell == CELLS[1]}
    assert rows["g2g_ms.p50"].confirmed is False
    assert judged.status == "inconclusive"
    assert "a second set of trials does not confirm it" in rows["g2g_ms.p50"].reason
