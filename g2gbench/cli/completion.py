"""Shell completion of metrics, baselines, fields of scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Completes = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _of(names: Callable[[], Iterable[str]], after: str = "") -> Completes:
    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(f"{n}{after}") for n in names() if n.startswith(incomplete)]

    return complete


def _metrics() -> Iterable[str]:
    from g2gbench.measure.registry import METRICS

    return METRICS


def _fields() -> Iterable[str]:
    from g2gbench.scenario.model.field_paths import field_paths

    return field_paths()


def _baselines() -> Iterable[str]:
    from g2gbench.store.baselines import listed

    return [one.name for one in listed()]


metrics = _of(_metrics)
floors = _of(_metrics, "=")
fields = _of(_fields, "=")
"""``PATH=`` of every field that ``--set`` takes."""

baselines = _of(_baselines)


def runs(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Baselines by name, then paths."""
    return [*baselines(context, parameter, incomplete), CompletionItem(incomplete, type="file")]
