"""Glass-to-glass latency and network-quality benchmarks for realtime video services."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from g2gbench import marker, quality, realtime
    from g2gbench.store.comparing import Comparison, compare
    from g2gbench.store.reading import Run
    from g2gbench.store.reading import open_run as load
    from g2gbench.workflow.benchmark import run, run_async

__all__ = [
    "Comparison",
    "Run",
    "__version__",
    "compare",
    "load",
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
    "compare": ("g2gbench.store.comparing", "compare"),
    "Comparison": ("g2gbench.store.comparing", "Comparison"),
    "Run": ("g2gbench.store.reading", "Run"),
    "load": ("g2gbench.store.reading", "open_run"),
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'g2gbench' has no attribute {name!r}")
    module_name, attribute = _HOMES[name]
    module = import_module(module_name)
    return module if attribute is None else getattr(module, attribute)
