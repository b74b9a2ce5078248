"""Tells its plan, then whatever it is told."""

from __future__ import annotations

from g2gbench.process.child import Parent, Plan, run


async def _main(plan: Plan, parent: Parent) -> None:
    parent.tell({"plan": plan})
    while True:
        parent.tell({"heard": await parent.commands.get()})


if __name__ == "__main__":
    run(_main)
