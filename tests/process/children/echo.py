"""Echoes its plan, then each command."""

from __future__ import annotations

from g2gbench.process.child import Parent, run
from tests.process.children.plans import EchoCommand, Echoed, EchoPlan, Number, Planned, Word


async def _main(plan: EchoPlan, parent: Parent[EchoCommand]) -> None:
    parent.send(Planned(plan))
    while True:
        command = await parent.commands.get()
        assert isinstance(command, Number | Word)
        parent.send(Echoed(command))


if __name__ == "__main__":
    run(_main, EchoPlan, (Number, Word))
