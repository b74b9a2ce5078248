"""docs/ci/nightly.sh as a runner runs it, night after night; only the measuring is a stand-in."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.documents import ROOT
from tests.sentinel import SENTINEL, VARIABLE

STAND_IN = f"""#!{sys.executable}
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from g2gbench.cli import main, run
from g2gbench.report import markdown
from g2gbench.scenario import resolved
from tests.report import runs
from tests.report.runs import Recipe

NIGHTS = {{
    "good": lambda: [Recipe(200 + i, seed=i) for i in range(4)],
    "bad": lambda: [Recipe(300 + i, seed=9 + i) for i in range(4)],
    "invalid": lambda: [Recipe(skipped=12, seed=i) for i in range(4)],
}}

async def measured(scenario, *, out, **_):
    made = runs.store(
        out, {{"default": NIGHTS[os.environ["NIGHT"]]()}}, name=scenario.name,
        scenario=resolved(scenario), expect=(),
    )
    (made.path / "summary.md").write_text(markdown.render(made), encoding="utf-8")
    return made

run.run_async = measured
main()
"""


class Night:
    """What a night left: its exit code, what it said, and where its job ran."""

    def __init__(self, code: int, said: str, job: Path) -> None:
        self.code, self.said, self.job = code, said, job
        self.summary = (job / "summary.md").read_text(encoding="utf-8").split("\n")[0]
        self.suites = ElementTree.parse(job / "junit.xml").getroot()


@pytest.fixture
def night(tmp_path: Path) -> Callable[..., Night]:
    """Run one: a fresh checkout, of which the CI server brings back ``nightly`` alone."""
    binary = tmp_path / "bin" / "g2gbench"
    binary.parent.mkdir()
    binary.write_text(STAND_IN, encoding="utf-8")
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    kept = tmp_path / "kept"
    kept.mkdir()

    def one(came_to: str, machine: str = "one", **variables: str) -> Night:
        job = tmp_path / f"job-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(ROOT / "docs" / "ci", job / "docs" / "ci")
        shutil.copytree(kept, job / "nightly")
        known = {"NIGHT": came_to, "MACHINE": machine, VARIABLE: SENTINEL, "REPEAT": "4"}
        done = subprocess.run(
            ["sh", "docs/ci/nightly.sh", "docs/ci/service.yaml", "nightly"],
            cwd=job,
            env={
                "PATH": f"{binary.parent}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tmp_path),
                **known,
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        shutil.rmtree(kept)
        shutil.copytree(job / "nightly", kept)
        return Night(done.returncode, done.stdout + done.stderr, job)

    return one


@pytest.mark.nightly
def test_nights_of_every_kind_are_kept_and_only_a_bad_one_fails(
    night: Callable[..., Night], tmp_path: Path
) -> None:
    first = night("invalid")
    assert first.code == 3
    assert "compared with nothing" in first.said
    good = night("good")
    assert good.code == 0, good.said
    assert "4 of 4 trials kept" in good.said or "4 of 4 trials valid kept" in good.said
    bad = night("bad")
    assert bad.code == 1, bad.said
    assert "regression against the baseline" in bad.summary
    assert bad.suites.get("failures") == "1"
    elsewhere = night("bad", machine="another")
    assert elsewhere.code == 0, elsewhere.said
    assert "compared with nothing" in elsewhere.said
    warned = night("invalid", GITHUB_ACTIONS="true")
    assert warned.code == 0
    assert "::warning::invalid" in warned.said
    kept = list((tmp_path / "kept" / "runs").rglob("run.json"))
    assert len(kept) == 5
    told = json.loads((warned.job / "trend" / "trend.json").read_text(encoding="utf-8"))
    assert sum(len(one["runs"]) for one in told["histories"]) == 5
    everything = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert SENTINEL.encode() not in everything
