"""Whether a session would go well from here: asked before one, through an emulated link or not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from g2gbench.errors import InputError
from g2gbench.process.environment import without_proxies
from g2gbench.process.spawn import Child
from g2gbench.quality import Verdict
from g2gbench.realtime import RealtimeClient
from g2gbench.realtime.connectivity import shallow
from g2gbench.realtime.protocol import BASE_URL
from g2gbench.realtime.stun import StunServer

READY_S = 30.0
_SEED = 1


async def ask_stun(servers: Sequence[StunServer], link: Mapping[str, Any] | None = None) -> Verdict:
    """Gather against STUN servers, without a session.

    ``link``: both directions of an emulated network, in the terms of the link process; None: none.
    Raises InputError for a server whose name cannot be resolved, where there is one.
    """
    if link is None:
        return await shallow(servers)
    named = [await _resolved(server) for server in servers]
    async with _through(link, "", named) as (_, reached):
        return await shallow(reached)


async def try_session(
    api_key: str | None, url: str | None, model: str, link: Mapping[str, Any] | None = None
) -> Verdict:
    """Judge a short real session. Raises RealtimeError (INVALID_INPUT) for what cannot be asked."""
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(without_proxies([url or BASE_URL] if link is None else ()))
        client = RealtimeClient(api_key, base_url=url)
        if link is not None:
            through, _ = await stack.enter_async_context(_through(link, client.base_url, ()))
            client = RealtimeClient(api_key, base_url=through)
        await stack.enter_async_context(client)
        return await client.check_connectivity(deep=True, model=model)


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
    link: Mapping[str, Any], url: str, servers: Sequence[StunServer]
) -> AsyncIterator[tuple[str, list[StunServer]]]:
    """An emulated network before the service and the STUN servers; their addresses through it."""
    plan = {**link, "service_url": url, "seed": _SEED}
    plan["reach"] = [[server.host, server.port] for server in servers]
    outside = [url] if url else []
    relay = await Child.start("link", "g2gbench.link.relay", plan, None, outside)
    try:
        ready = await relay.ready(READY_S, "url", "reached")
        yield (
            ready["url"],
            [
                StunServer(host, port, str(server))
                for (host, port), server in zip(ready["reached"], servers, strict=True)
            ],
        )
    finally:
        await relay.end()
