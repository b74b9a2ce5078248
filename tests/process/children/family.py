"""A parent: starts one child with the plan on its command line, says both are up, and waits."""

from __future__ import annotations

import asyncio
import json
import sys

from g2gbench.process.message import from_json
from g2gbench.process.spawn import Child
from tests.process.children.plans import CleansPlan, Ready


async def _main() -> None:
    plan = from_json(sys.argv[1], (CleansPlan,))
    child = await Child.start("child", "tests.process.children.cleans", plan, ready=Ready)
    await child.ready(30)
    print(json.dumps({"child": child.pid}), flush=True)
    await child.ended.wait()


if __name__ == "__main__":
    asyncio.run(_main())
