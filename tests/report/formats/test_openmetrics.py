from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from g2gbench.measure.registry import METRICS
from g2gbench.report.formats import openmetrics
from g2gbench.store.reading import Run
from tests.analysis import results
from tests.report import runs
from tests.report.conftest import BUILDERS, Reported
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration


def families(run: Run) -> dict[str, Metric]:
    found = text_string_to_metric_families(  # type: ignore[no-untyped-call] # the library's
        openmetrics.render(run)
    )
    return {f.name: f for f in found}


def samples(family: Metric) -> dict[tuple[tuple[str, str], ...], float]:
    return {tuple(sorted(s.labels.items())): s.value for s in family.samples}


def value(family: Metric, **labels: str) -> list[float]:
    wanted: Mapping[str, str] = labels
    return [s.value for s in family.samples if wanted.items() <= s.labels.items()]


@pytest.mark.parametrize("state", BUILDERS)
def test_the_parser_of_prometheus_takes_every_state(reported: Reported, state: str) -> None:
    run = reported[state]
    found = families(run)
    assert value(found["g2gbench_exit_code"]) == [run.summary_data["exit_code"]]
    assert value(found["g2gbench_status"], g2gbench_status=run.status) == [1]
    assert sum(value(found["g2gbench_status"])) == 1


def test_every_number_is_that_of_the_summary(reported: Reported) -> None:
    run = reported["fail"]
    (cell,) = run.summary_data["cells"]
    found = families(run)
    for metric in METRICS:
        family = found.get("g2gbench_" + re.sub(r"\W", "_", metric))
        estimate = cell["metrics"][metric]
        if estimate["value"] is None:
            assert family is None  # not measured is nothing, and never 0
            continue
        assert family is not None
        for bound, key in (("median", "value"), ("low", "low"), ("high", "high")):
            assert value(family, bound=bound) == [estimate[key]]
        assert METRICS[metric].definition in family.documentation


def test_expectations_hold_or_do_not_or_are_left_out(reported: Reported) -> None:
    family = families(reported["fail"])["g2gbench_expectation_holds"]
    assert value(family, expectation="g2g_ms.p95 < 500") == [0]
    assert value(family, expectation="drop_ratio < 3%") == [1]
    assert "g2gbench_expectation_holds" not in families(reported["interrupted"])


def test_cells_are_told_apart_by_what_was_set(reported: Reported) -> None:
    family = families(reported["two cells"])["g2gbench_g2g_ms_p50"]
    for codec in ("vp8", "h264"):
        assert len(value(family, set_publish_codec=codec, bound="median")) == 1


def test_trials_are_counted_by_their_status(tmp_path: Path) -> None:
    run = runs.store(tmp_path, {"default": [Recipe(seed=1), Recipe(seed=2, skipped=12)]})
    family = families(run)["g2gbench_trials"]
    assert [value(family, status=status) for status in ("ok", "invalid")] == [[1], [1]]


def test_text_from_outside_stays_in_its_label(reported: Reported) -> None:
    name = families(reported["hostile"])["g2gbench_exit_code"].samples[0].labels["scenario"]
    assert name == reported["hostile"].name


@pytest.mark.parametrize("state", BUILDERS)
def test_a_node_exporter_would_take_every_state(reported: Reported, state: str) -> None:
    """Prometheus' text format 0.0.4 knows four types, and one help and type of each metric."""
    lines = openmetrics.render(reported[state]).splitlines()
    told = [line.split(" ", 3) for line in lines if line.startswith(("# TYPE", "# HELP"))]
    assert {words[3] for words in told if words[1] == "TYPE"} == {"gauge"}
    keys = [(kind, name) for _, kind, name, _ in told]
    assert len(set(keys)) == len(keys)
    for _, kind, _, text in told:
        assert kind == "TYPE" or not {"\\", '"'} & set(text)


def test_the_help_of_a_metric_is_the_same_whatever_the_run(reported: Reported) -> None:
    helps: dict[str, set[str]] = {}
    for state in BUILDERS:
        for line in openmetrics.render(reported[state]).splitlines():
            if line.startswith("# HELP "):
                _, _, name, text = line.split(" ", 3)
                helps.setdefault(name, set()).add(text)
    assert [name for name, texts in helps.items() if len(texts) > 1] == []


def test_two_paths_that_no_label_can_tell_apart_are_two_labels() -> None:
    settings = {"profiles.a-b.loss": "1%", "profiles.a_b.loss": "2%"}
    labels = openmetrics._cell(results.cell(settings=settings, cell="a"))
    assert labels == {"cell": "a", "set_profiles_a_b_loss": "1%", "set_profiles_a_b_loss_": "2%"}


def test_an_invalid_cell_has_no_sample_but_those_of_its_trials(tmp_path: Path) -> None:
    recipes = [Recipe(seed=1), *(Recipe(seed=i, skipped=12) for i in (2, 3))]
    run = runs.store(tmp_path, {"a=1": recipes, "a=2": [Recipe(seed=4)] * 3})
    found = families(run)
    assert {s.labels["cell"] for s in found["g2gbench_g2g_ms_p50"].samples} == {"a=2"}
    assert value(found["g2gbench_trials"], cell="a=1", status="ok") == [1]
