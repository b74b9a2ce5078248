"""Rules of every HTTP server of this package, whoever on this machine may reach it.

A page of any origin can make a browser send requests to this machine, and a name of its own can be
made to lead here (DNS rebinding): the loopback guards nothing. So a server answers only to names
that no such page can have, and where it acts for its own page alone, to no other origin. What
cannot be read as HTTP ends in one line that repeats nothing of it: it may hold a key.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import resource
import socket
import ssl
import traceback
from collections.abc import Collection
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

log = logging.getLogger(__name__)

MOST_CONNECTIONS: Final = 200
"""At once, of a server whose clients are few; one more is refused."""

_AT_A_TIME: Final = 32  # are taken from the system before any of them can be refused

Origins: TypeAlias = Literal["any", "local", "own", "none"]
"""Of which pages a server answers: all, those of this machine, its own, or none at all."""


def guard(origins: Origins, names: Collection[str] | None = ()) -> Middleware:
    """A middleware that refuses requests of other pages, and to other names than this machine's.

    Args:
        origins: of which pages it answers; who is no page sends no origin and is answered.
        names: by which the server may be called beside addresses and localhost; None: any name.

    """

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if names is not None and not _local_name(host_of(host), names):
            raise web.HTTPForbidden(text="this server does not go by that name")
        origin = request.headers.get("Origin")
        if origin is not None and not _taken(origin, host, origins):
            raise web.HTTPForbidden(text="pages of that origin are not answered here")
        return await handler(request)

    return guarded


def host_of(netloc: str) -> str:
    """The host of ``host:port`` without port and brackets; empty for what is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def is_address(host: str) -> bool:
    """Return whether a host is an IP address: no name can be made to lead to another one."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine for sure."""
    if is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def is_own(host: str) -> bool:
    """Return whether a host is this machine: the loopback, an own address, or its name."""
    if is_loopback(host) or host in own_names():
        return True
    if not is_address(host):
        return False
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))  # the system knows its own
    except OSError:
        return False
    return True


def own_names() -> tuple[str, ...]:
    """The names that this machine has for itself, in lower case."""
    name = (
        socket.gethostname().lower()
    )  # what a name server calls it would be asked over the network
    return name, f"{name}.local"


def _local_name(host: str, names: Collection[str]) -> bool:
    return is_address(host) or is_loopback(host) or host in {name.lower() for name in names}


def _taken(origin: str, host: str, origins: Origins) -> bool:
    if origins == "any":
        return True
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    if origins == "local":
        return is_own(found.hostname or "")
    return origins == "own" and found.netloc.lower() == host.lower()


class Site:
    """A web application that listens.

    Args:
        app: what it answers.
        shutdown_s: what connections that do not end may hold up the end.
        most: connections at once; one more is refused, and none that is there is given up for it.

    """

    def __init__(
        self, app: web.Application, *, shutdown_s: float = 1.0, most: int = MOST_CONNECTIONS
    ) -> None:
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=shutdown_s, logger=_Discreet()
        )
        self._most = min(most, most_descriptors() // 2)
        self._server: asyncio.Server | None = None
        self._coming = 0  # let in, and not yet known to the runner
        self._refused = 0

    async def start(self, host: str, port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Listen; the port. Raises OSError."""
        await self._runner.setup()
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol, host, port, ssl=tls, backlog=_AT_A_TIME
        )
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Let nobody in any more; safe to call again."""
        if self._server is not None:
            self._server.close()

    async def stop(self) -> None:
        """End what is there, too; safe to call again."""
        self.close()
        await self._runner.cleanup()

    def _protocol(self) -> asyncio.Protocol:
        server = self._runner.server
        if server is None or len(server.connections) + self._coming >= self._most:
            self._refused += 1
            if self._refused == 1:
                log.warning("%d connections are open: one more is refused", self._most)
            return _Refusing()
        self._coming += 1
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self._came)  # the connection is made between the two
        return server()

    def _came(self) -> None:
        self._coming -= 1


def most_descriptors() -> int:
    """Return how many files and sockets this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 16 if soft == resource.RLIM_INFINITY else soft


class _Refusing(asyncio.Protocol):
    """A server that takes no connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class _Discreet(logging.LoggerAdapter[logging.Logger]):
    """Log of a server's requests, without their content."""

    def __init__(self) -> None:
        super().__init__(log, {})

    def debug(self, msg: object, *args: object, **_: object) -> None:
        """Log a failed request by the kind of its error, without its traceback."""
        log.debug(str(msg), *args)

    def exception(self, msg: object, *args: object, exc_info: object = True, **_: object) -> None:
        """One line: who sent what cannot be read; or where a handler failed."""
        if isinstance(exc_info, HttpProcessingError):
            log.warning("a malformed request was refused: %s", type(exc_info).__name__)
            return
        where = ""
        if isinstance(exc_info, BaseException):
            with contextlib.suppress(IndexError):
                last = traceback.extract_tb(exc_info.__traceback__)[-1]
                where = f": {type(exc_info).__name__} in {last.filename}, line {last.lineno}"
        log.error("a request failed%s", where)
