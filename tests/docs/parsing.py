"""Commands of the documents, parsed as the command line would."""

from __future__ import annotations

import click

from g2gbench.cli import cli


def parse(words: list[str]) -> click.Context:
    """Parse arguments down to the command that they name, and do not run it."""
    command: click.Command = cli
    context = click.Context(cli, info_name="g2gbench")
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is None:
            raise click.UsageError(f"no such command: {rest[0]}", context)
        command = found
        rest = rest[1:]
    return command.make_context(command.name, rest, parent=context)
