"""Glass-to-glass latency and network-quality benchmarks for realtime video services."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.2.0.dev0"

if TYPE_CHECKING:
    from g2gbench import marker, quality, realtime
    from g2gbench.errors import (
        ExitCode,
        FaultError,
        G2GBenchError,
        InputError,
        UnreachableError,
    )
    from g2gbench.scenario import Scenario, ScenarioError
    from g2gbench.scenario import load as load_scenario
    from g2gbench.scenario import loads as load_scenario_text
    from g2gbench.store.comparing import Comparison, compare
    from g2gbench.store.reading import Run, Trial
    from g2gbench.store.reading import open_run as load
    from g2gbench.workflow.benchmark import run, run_async
    from g2gbench.workflow.trial_series import Progress

__all__ = [
    "Comparison",
    "ExitCode",
    "FaultError",
    "G2GBenchError",
    "InputError",
    "Progress",
    "Run",
    "Scenario",
    "ScenarioError",
    "Trial",
    "UnreachableError",
    "__version__",
    "compare",
    "load",
    "load_scenario",
    "load_scenario_text",
    "marker",
    "quality",
    "realtime",
    "run",
    "run_async",
]

# Loaded when first used: `g2gbench --help` need not wait for pandas and the LiveKit SDK.
_HOMES = {
    "marker": ("g2gbench.marker", None),
    "quality": ("g2gbench.quality", None),
    "realtime": ("g2gbench.realtime", None),
    "run": ("g2gbench.workflow.benchmark", "run"),
    "run_async": ("g2gbench.workflow.benchmark", "run_async"),
    "Progress": ("g2gbench.workflow.trial_series", "Progress"),
    "load_scenario": ("g2gbench.scenario", "load"),
    "load_scenario_text": ("g2gbench.scenario", "loads"),
    "Scenario": ("g2gbench.scenario", "Scenario"),
    "ScenarioError": ("g2gbench.scenario", "ScenarioError"),
    "compare": ("g2gbench.store.comparing", "compare"),
    "Comparison": ("g2gbench.store.comparing", "Comparison"),
    "Run": ("g2gbench.store.reading", "Run"),
    "Trial": ("g2gbench.store.reading", "Trial"),
    "load": ("g2gbench.store.reading", "open_run"),
    "ExitCode": ("g2gbench.errors", "ExitCode"),
    "G2GBenchError": ("g2gbench.errors", "G2GBenchError"),
    "InputError": ("g2gbench.errors", "InputError"),
    "UnreachableError": ("g2gbench.errors", "UnreachableError"),
    "FaultError": ("g2gbench.errors", "FaultError"),
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'g2gbench' has no attribute {name!r}")
    module_name, attribute = _HOMES[name]
    module = import_module(module_name)
    return module if attribute is None else getattr(module, attribute)
