"""The argument that names a scenario: a file, or one that comes with this package."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from g2gbench.scenario.built_in_scenarios import built_in


class ScenarioArgument(click.Path):
    """A path, or a name; a shell completes both."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin so, then the files."""
        names = complete_names(ctx, param, incomplete)
        return [*names, *super().shell_complete(ctx, param, incomplete)]


def complete_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The built-in scenarios that begin so."""
    return [CompletionItem(name) for name in built_in() if name.startswith(incomplete)]
