"""Preflight of a session from here, through an emulated link or not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from g2gbench.errors import InputError
from g2gbench.link.plan import Directions, LinkCounts, LinkPlan, LinkReady
from g2gbench.measure.check import Check
from g2gbench.measure.limits import LIMITS, Limits
from g2gbench.measure.steady_checks import stood_still, waited
from g2gbench.process.environment import without_proxies
from g2gbench.process.spawn import Child
from g2gbench.process.waiting import Waiting
from g2gbench.process.watch import watch
from g2gbench.quality import Verdict
from g2gbench.realtime import RealtimeClient
from g2gbench.realtime.connectivity import shallow
from g2gbench.realtime.protocol import BASE_URL
from g2gbench.realtime.stun import StunServer

READY_S = 30.0
_SEED = 1
_NAME = "preflight"
_SAMPLE_S = 1.0


async def ask_stun(servers: Sequence[StunServer], link: Directions | None = None) -> Verdict:
    """Gather against STUN servers, without a session.

    ``link``: an emulated network before them; None: none.
    Raises InputError for a server whose name cannot be resolved, where there is one.
    """
    if link is None:
        return await shallow(servers)
    named = [await _resolved(server) for server in servers]
    async with _through(link, "", named) as (_, reached):
        return await shallow(reached)


async def try_session(
    api_key: str | None, url: str | None, model: str, link: Directions | None = None
) -> Verdict:
    """Judge a short real session. Raises RealtimeError (INVALID_INPUT) for what cannot be asked.

    Where this machine kept the session from its cores there is no level: the verdict's metrics say
    ``invalid_because``, and ``checks`` hold each with its limit.
    """
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(without_proxies([url or BASE_URL] if link is None else ()))
        client = RealtimeClient(api_key, base_url=url)
        if link is not None:
            through, _ = await stack.enter_async_context(_through(link, client.base_url, ()))
            client = RealtimeClient(api_key, base_url=through)
        await stack.enter_async_context(client)
        watch = await stack.enter_async_context(watched())
        verdict = await client.check_connectivity(deep=True, model=model)
        return held_against(verdict, watch.checks())


@dataclass(slots=True)
class OwnWatch:
    """Watch of this process: its longest stall, and the time that it waited for a core."""

    began_ns: int = field(default_factory=time.monotonic_ns)
    ended_ns: int = 0
    waited_s: float | None = None
    stall_s: float = 0.0

    def stalled(self, end_ns: int, seconds: float) -> None:
        """Note a stall."""
        self.stall_s = max(self.stall_s, seconds)

    def sampled(self, at_ns: int, waited_s: float | None) -> None:
        """Note the time waited by now."""
        self.ended_ns, self.waited_s = at_ns, waited_s

    def checks(self, limits: Limits = LIMITS) -> tuple[Check, ...]:
        """The checks of a trial's processes, of this one."""
        found = [stood_still(_NAME, self.stall_s, limits)]
        if self.waited_s is not None and self.ended_ns > self.began_ns:
            ratio = self.waited_s / ((self.ended_ns - self.began_ns) / 1e9)
            found.append(waited(_NAME, ratio, limits))
        return tuple(found)


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[OwnWatch]:
    """Watch this process for as long as the context is open."""
    found = OwnWatch()
    tasks = [
        asyncio.ensure_future(watch(found.stalled)),
        asyncio.ensure_future(_sample(found)),
    ]
    try:
        yield found
    finally:
        for task in tasks:
            task.cancel()


async def _sample(found: OwnWatch) -> None:
    waiting = Waiting()
    while True:
        found.sampled(time.monotonic_ns(), waiting.seconds(_NAME, [os.getpid()]))
        await asyncio.sleep(_SAMPLE_S)


def held_against(verdict: Verdict, checks: Sequence[Check]) -> Verdict:
    """The verdict, or none where a check does not hold: then this machine was the bottleneck.

    That no session could be had is said in any case.
    """
    metrics = {**verdict.metrics, "checks": [one.as_plain() for one in checks]}
    because = [one.text for one in checks if not one.ok]
    if not because or metrics.get("error"):
        return replace(verdict, metrics=metrics)
    metrics["invalid_because"] = because
    return replace(verdict, level=None, reasons=tuple(because), metrics=metrics)


async def _resolved(server: StunServer) -> StunServer:
    """The server by its address: the link forwards to nothing else."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            server.host, server.port, type=socket.SOCK_DGRAM
        )
    except (OSError, UnicodeError) as error:
        raise InputError(f"{server}: its name cannot be resolved") from error
    return StunServer(str(found[0][4][0]), server.port, str(server))


@contextlib.asynccontextmanager
async def _through(
    link: Directions, url: str, servers: Sequence[StunServer]
) -> AsyncIterator[tuple[str, list[StunServer]]]:
    """An emulated network before the service and the STUN servers; their addresses through it."""
    reach = tuple((server.host, server.port) for server in servers)
    plan = LinkPlan(link, _SEED, url, reach=reach)
    outside = [url] if url else []
    relay = await Child.start(
        "link", "g2gbench.link.relay", plan, None, outside, ready=LinkReady, answers=(LinkCounts,)
    )
    try:
        ready = await relay.ready(READY_S)
        yield (
            ready.url,
            [
                StunServer(host, port, str(server))
                for (host, port), server in zip(ready.reached, servers, strict=True)
            ],
        )
    finally:
        await relay.end()
