"""A real livekit-server, for the rooms of any number of sessions: found, configured, run, ended.

``python -m g2gbench.service.room.livekit_server`` keeps one, by a `LivekitServerPlan`. It sends
`RoomReady` when the server admits who has the key, or `Failed` when there is none to be had, and
`Lost` when the server ends by itself. The server ends with this process, and this process with its
parent.

Rooms are no part of the plan: the server makes one for whoever joins it first with a token of that
key, and each keeps the playout delay that the server was given. ``room_on`` gives a room that is
deleted, with everybody in it, when its session ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

import aiohttp
from livekit import api

from g2gbench.process import die_with_parent, environment
from g2gbench.process.child import Parent, run
from g2gbench.process.message import Failed, Lost, Message
from g2gbench.process.spawn import describe
from g2gbench.service.room.external import ExternalRoom
from g2gbench.service.room.plan import LivekitServerPlan, RoomReady
from g2gbench.service.room.unavailable import RoomUnavailable

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
COMMAND = "livekit-server"
COMMAND_VARIABLE = "G2GBENCH_LIVEKIT_SERVER"
VERSION = "v1.13.5"
INSTALL = f"go install github.com/livekit/livekit-server/cmd/server@{VERSION}"
ENABLE = (
    f"put {COMMAND} on PATH or its path into ${COMMAND_VARIABLE}; with Go 1.26 or newer, "
    f"`{INSTALL}` makes one (the binary is called server)"
)
# Its configuration holds the secret: in the environment it is on no command line and in no file.
CONFIGURATION_VARIABLE = "LIVEKIT_CONFIG"
READY_S = 10.0
_TRIES = 4
_POLL_S = 0.01
_ANSWER_S = 1.0
# One SIGTERM drains: it waits until everybody has left. The second one ends.
_INSIST_S = 0.1
_GRACE_S = 0.7


class Ports(NamedTuple):
    """Ports of a server, on loopback alone."""

    signalling: int  # TCP
    media: int  # UDP


def find(command: str | None, environment: Mapping[str, str]) -> str | None:
    """The server's path; None when there is none.

    Args:
        command: what the scenario names; None or ``livekit-server``: no particular one, so that
            $G2GBENCH_LIVEKIT_SERVER comes first, then PATH.
        environment: holds both.

    """
    if command is None or command == COMMAND:
        command = environment.get(COMMAND_VARIABLE) or COMMAND
    found = shutil.which(command, path=environment.get("PATH"))
    return os.path.abspath(found) if found else None


def configuration(
    ports: Ports, api_key: str, api_secret: str, playout_delay_ms: tuple[int, int] | None
) -> str:
    """The server's configuration: JSON, which is YAML.

    Nothing of it leaves the machine, and media has one way in: a way that the link does not know
    would go round it.
    """
    room: dict[str, object] = {"auto_create": True, "empty_timeout": 60, "departure_timeout": 5}
    if playout_delay_ms is not None:
        least, most = playout_delay_ms
        room["playout_delay"] = {"enabled": True, "min": least, "max": most}
    document = {
        "port": ports.signalling,
        "bind_addresses": [HOST],
        "logging": {"level": "info", "json": False},
        "rtc": {
            "udp_port": ports.media,  # one for all participants
            "tcp_port": 0,  # else it listens for media on every interface
            "allow_tcp_fallback": False,
            "node_ip": HOST,
            "use_external_ip": False,
            "enable_loopback_candidate": True,
            "interfaces": {"includes": ["lo", "lo0"]},  # their names on Linux and macOS
            # Without one, clients are sent public servers. One at the media's own address would
            # make them take every packet from there for a STUN server's. Nobody is at port 9.
            "stun_servers": [f"{HOST}:9"],
        },
        "room": room,
        "keys": {api_key: api_secret},
    }
    return json.dumps(document)


def free_ports() -> Ports:
    """Two ports that are free now; another process may take them before they are used."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as signalling,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media,
    ):
        for one in (signalling, media):
            one.bind((HOST, 0))
        return Ports(signalling.getsockname()[1], media.getsockname()[1])


def room_on(port: int, api_key: str, api_secret: str, name: str) -> ExternalRoom:
    """A room of its own on a shared server: ``create`` makes it, ``delete`` ends it.

    Args:
        port: where the server is ready, as its keeper said.
        api_key, api_secret: those that it was started with; its tokens are signed with them.
        name: of the room; another one for each session.

    It asks for no playout delay: the server's own counts, with which zero can be asked for.
    """
    return ExternalRoom(f"ws://{HOST}:{port}", api_key, api_secret, name)


class Server:
    """One running livekit-server. Made by ``start``; ``stop`` ends it."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self._process = process

    @classmethod
    async def start(
        cls,
        command: str,
        api_key: str,
        api_secret: str,
        playout_delay_ms: tuple[int, int] | None,
        *,
        ready_s: float = READY_S,
        choose_ports: Callable[[], Ports] = free_ports,
    ) -> Server:
        """Start a server and wait until it admits who has the key.

        Args:
            command: the server's path.
            api_key, api_secret: the only ones that it knows.
            playout_delay_ms: (minimum, maximum) that receivers shall keep; None: their own choice.
            ready_s: after so long it counts as broken.
            choose_ports: asked again when a server ended as it started: its ports were taken.

        Raises RoomUnavailable.

        """
        status = 0
        for _ in range(_TRIES):
            ports = choose_ports()
            text = configuration(ports, api_key, api_secret, playout_delay_ms)
            process = await _spawn(command, text)
            server = cls(process, ports.signalling)
            try:
                async with asyncio.timeout(ready_s):
                    await server._until_ready(api_key, api_secret)
            except TimeoutError:
                await server.stop()
                raise RoomUnavailable(f"{command} was not ready after {ready_s:g} s") from None
            except BaseException:
                await server.stop()
                raise
            if process.returncode is None:
                return server
            status = process.returncode
            log.warning("the server ended (%s) as it started", describe(status))
        raise RoomUnavailable(
            f"{command} ended ({describe(status)}) each of the {_TRIES} times that it was started"
        )

    @property
    def pid(self) -> int:
        """The server's own process id."""
        return self._process.pid

    async def wait(self) -> int:
        """Until it has ended; its exit status."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it: everybody who is still in its room gets a leave request."""
        steps: tuple[tuple[Callable[[], None], float | None], ...] = (
            (self._process.terminate, _INSIST_S),
            (self._process.terminate, _GRACE_S),
            (self._process.kill, None),
        )
        for insist, grace_s in steps:
            if self._process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                insist()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), grace_s)

    async def _until_ready(self, api_key: str, api_secret: str) -> None:
        """Until it admits the key, or has ended."""
        ended = asyncio.ensure_future(self._process.wait())
        admits = asyncio.ensure_future(self._until_admitted(api_key, api_secret))
        try:
            await asyncio.wait({ended, admits}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (ended, admits):
                task.cancel()
            await asyncio.gather(ended, admits, return_exceptions=True)
        if not admits.cancelled():
            admits.result()

    async def _until_admitted(self, api_key: str, api_secret: str) -> None:
        url = f"http://{HOST}:{self.port}"
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_S)) as session,
            api.LiveKitAPI(url, api_key, api_secret, session=session) as rooms,
        ):
            while True:
                # Another server may answer at this port, ours being about to end for that: only
                # the key tells them apart.
                with contextlib.suppress(aiohttp.ClientError, api.TwirpError, TimeoutError):
                    async with session.get(url) as answer:
                        alive = answer.status == 200
                    if alive:
                        await rooms.room.list_rooms(api.ListRoomsRequest())
                        return
                await asyncio.sleep(_POLL_S)


async def _spawn(command: str, text: str) -> asyncio.subprocess.Process:
    """Start the server; what it says goes where this process's log goes."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()), command),
        stdin=asyncio.subprocess.DEVNULL,
        env={**environment.for_child(), CONFIGURATION_VARIABLE: text},
    )


async def _main(plan: LivekitServerPlan, parent: Parent[Message]) -> None:
    parent.on_stall = lambda *_: None  # no media passes through this process
    try:
        command = find(plan.settings.command, environment.ENVIRONMENT)
        if command is None:
            named = plan.settings.command or COMMAND
            raise RoomUnavailable(f"there is no {named} on this machine: {ENABLE}")
        server = await Server.start(
            command, plan.api_key, plan.api_secret, plan.settings.playout_delay_ms
        )
    except RoomUnavailable as error:
        parent.send(Failed(str(error)))
        return
    try:
        parent.send(RoomReady(server.port, server.pid))
        status = await server.wait()
        parent.send(Lost(f"{COMMAND} ended ({describe(status)})"))
    finally:
        await server.stop()


if __name__ == "__main__":
    run(_main, LivekitServerPlan)
