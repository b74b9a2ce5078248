"""What a shell completes, beside files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from g2gbench.cli import cli
from g2gbench.measure.registry import METRICS
from g2gbench.store import baselines
from tests.report import runs


def _completed(command: str, name: str, incomplete: str) -> list[str]:
    context = click.Context(cli)
    found = cli.get_command(context, command)
    if isinstance(found, click.Group):
        found = found.commands["show"]
    assert found is not None
    (parameter,) = [one for one in found.params if one.name == name]
    return [item.value for item in parameter.shell_complete(context, incomplete)]


@pytest.mark.parametrize("command", ["compare", "trend"])
def test_metrics_and_floors_are_completed(command: str) -> None:
    assert _completed(command, "metrics", "g2g_ms.p9") == ["g2g_ms.p90", "g2g_ms.p95", "g2g_ms.p99"]
    assert len(_completed(command, "metrics", "")) == len(METRICS)
    assert _completed(command, "floors", "late_t") == ["late_tick_ratio="]


@pytest.mark.parametrize("command", ["run", "live", "scenario"])
def test_fields_are_completed_and_secrets_are_none(command: str) -> None:
    assert _completed(command, "overrides", "publish.c") == ["publish.codec="]
    assert not [one for one in _completed(command, "overrides", "") if "api_" in one]


def test_baselines_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _completed("run", "baseline", "") == []
    baselines.save(runs.passing(tmp_path / "runs"), now=datetime.now(UTC), name="last")
    assert _completed("run", "baseline", "la") == ["last"]
    assert _completed("compare", "base", "la") == ["last", "la"]
    assert _completed("baseline", "name", "") == ["last"]
