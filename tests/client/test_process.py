"""The measured client as a process: what it journals where no session comes about."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from g2gbench.client.plan import ClientPlan, ClientReady, Go, StopSession
from g2gbench.measure.records import Ended, Reached, Record, Started, decode
from g2gbench.process.spawn import Child
from g2gbench.scenario import cells
from g2gbench.trial.plan import client_plan, trials
from tests.scenario.texts import scenario

pytestmark = pytest.mark.integration
NOBODY = "ws://127.0.0.1:9"
READY_S = 60.0


class Client:
    """A client's process, and what it has journalled."""

    def __init__(self, child: Child[ClientReady]) -> None:
        self.child = child
        self.journal: list[Record] = []
        self.connecting = asyncio.Event()
        child.on_line = self._line

    def _line(self, line: str) -> None:
        record = decode(line)
        self.journal.append(record)
        if isinstance(record, Reached):
            self.connecting.set()


def plan() -> ClientPlan:
    return client_plan(trials(cells(scenario()))[0])


@pytest_asyncio.fixture
async def started() -> AsyncIterator[list[Client]]:
    made: list[Client] = []
    yield made
    for client in made:
        await client.child.end()


async def start(started: list[Client], planned: ClientPlan) -> Client:
    module = "g2gbench.client.process"
    client = Client(await Child.start("client", module, planned, ready=ClientReady))
    started.append(client)
    assert (await client.child.ready(READY_S)).address == ""
    return client


async def test_a_source_that_is_gone_is_the_reason_of_its_end(started: list[Client]) -> None:
    gone = replace(plan(), source=replace(plan().source, kind="file", path="gone.mp4"))
    client = await start(started, gone)
    client.child.send(Go(NOBODY))
    await asyncio.wait_for(client.child.ended.wait(), READY_S)
    (ended,) = client.journal
    assert isinstance(ended, Ended)
    assert ended.reason == "failed"
    assert "gone.mp4" in ended.message


async def test_nobody_at_the_address_is_told(started: list[Client]) -> None:
    client = await start(started, plan())
    client.child.send(Go(NOBODY))
    await asyncio.wait_for(client.child.ended.wait(), READY_S)
    ended = client.journal[-1]
    assert isinstance(ended, Ended)
    assert ended.reason == "unreachable"


async def test_one_that_is_stopped_while_it_connects_says_so(started: list[Client]) -> None:
    client = await start(started, plan())
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it answers nothing
        client.child.send(Go(f"ws://127.0.0.1:{silent.getsockname()[1]}"))
        await asyncio.wait_for(client.connecting.wait(), READY_S)
        client.child.send(StopSession())
        await asyncio.wait_for(client.child.ended.wait(), READY_S)
    begun, *_, ended = client.journal
    assert isinstance(begun, Started)
    assert (begun.client, begun.marker) == ("native", plan().marker)
    assert isinstance(ended, Ended)
    said = "it was stopped before the warm-up was over"
    assert (ended.reason, ended.message) == ("interrupted", said)
    assert client.child.returncode == 0
