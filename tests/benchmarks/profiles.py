"""What a session makes of each built-in network, beside what was asked of the link.

    python -m tests.benchmarks.profiles

Runs scenarios/profiles.yaml (15 s of each network, once) and prints the measured table of
docs/profiles.md. Takes about 7 minutes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import g2gbench
from g2gbench.scenario import cells, load
from g2gbench.store.reading import Trial

SCENARIO = Path(__file__).parents[2] / "scenarios" / "profiles.yaml"


def rows(out: Path) -> Iterator[str]:
    """The table, a line at a time."""
    scenario = load(SCENARIO)
    asked = {cell.name: cell.scenario.links() for cell in cells(scenario)}
    run = g2gbench.run(SCENARIO, out=out)
    yield (
        "| Profile | asked: delays, ms | measured: rtt, ms | asked: loss, % | measured: loss, % | "
        "asked: capacity, Mbps | measured: media, Mbps | g2g p50 / p95, ms | drops, % | trial |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    for trial in run.trials:
        up, down = asked[trial.cell]
        value = _values(trial)
        yield (
            "| "
            + " | ".join(
                (
                    f"`{trial.cell.partition('=')[2]}`",
                    "trace" if up.trace else f"{1e3 * (up.delay + down.delay):.0f}",
                    _number(value["rtt_ms.p50"], 1, 0),
                    f"{100 * up.loss:g} / {100 * down.loss:g}",
                    f"{_number(value['link.uplink.loss'], 100, 2)} / "
                    f"{_number(value['link.downlink.loss'], 100, 2)}",
                    f"{_capacity(up.capacity)} / {_capacity(down.capacity)}",
                    f"{_number(value['uplink.bitrate_bps'], 1e-6, 2)} / "
                    f"{_number(value['downlink.bitrate_bps'], 1e-6, 2)}",
                    f"{_number(value['g2g_ms.p50'], 1, 0)} / {_number(value['g2g_ms.p95'], 1, 0)}",
                    _number(value["drop_ratio"], 100, 1),
                    "; ".join((trial.status, *trial.result.invalid_because)),
                )
            )
            + " |"
        )


def _values(trial: Trial) -> Mapping[str, float | None]:
    return {name: value.value for name, value in trial.result.metrics.items()}


def _number(value: float | None, factor: float, digits: int) -> str:
    return "–" if value is None else f"{factor * value:.{digits}f}"


def _capacity(bits: int | None) -> str:
    return "–" if bits is None else f"{bits / 1e6:g}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        for line in rows(Path(directory)):
            print(line, flush=True)
