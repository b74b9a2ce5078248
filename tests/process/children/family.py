"""A parent: starts one child with the plan on its command line, says both are up, and waits."""

from __future__ import annotations

import asyncio
import json
import sys

from g2gbench.process.spawn import Child


async def _main() -> None:
    child = await Child.start("child", "tests.process.children.cleans", json.loads(sys.argv[1]))
    await child.ready(30)
    print(json.dumps({"child": child.pid}), flush=True)
    await child.ended.wait()


if __name__ == "__main__":
    asyncio.run(_main())
