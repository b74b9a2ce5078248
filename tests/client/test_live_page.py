"""A person's own browser as a trial's media."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from g2gbench import marker
from g2gbench.browser.page_stream import PageStream
from g2gbench.client.live_page import LiveMedia, named
from g2gbench.client.page import PageOptions
from g2gbench.errors import InputError, UnreachableError
from g2gbench.measure.records import Event, Record
from g2gbench.media.frame_publisher import CaptureOptions
from g2gbench.sources.page_camera import PageCameraSource
from g2gbench.sources.source import Source
from tests.browser.pages import Played

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.1 "
SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605"


@pytest.mark.parametrize(
    ("agent", "browser"),
    [
        (f"{CHROME}Safari/537.36", {"chromium": "131.0.1"}),
        (f"{CHROME}Safari/537.36 Edg/131.0.2", {"edge": "131.0.2"}),
        ("Mozilla/5.0 (X11; Linux; rv:133.0) Gecko/20100101 Firefox/133.0", {"firefox": "133.0"}),
        (SAFARI, {"safari": "18.1"}),
        ("something else", {"browser": "something else"}),
    ],
)
def test_a_browser_is_named_by_its_agent(agent: str, browser: dict[str, str]) -> None:
    assert named(agent) == browser


class Watched:
    """Media, with what it tells."""

    def __init__(self, media: LiveMedia) -> None:
        self.media = media
        self.happened: list[str] = []
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.camera_lost = asyncio.Event()
        media.listen(self._happened, lambda reason, _: self.lost.set_result(reason))

    def _happened(self, record: Record) -> None:
        assert isinstance(record, Event)
        self.happened.append(record.name)

    def local(self, source: Source, *, mirrored: bool = False) -> PageStream:
        options = CaptureOptions(
            mirrored=mirrored,
            marker=marker.get("v1"),
            first_number=1,
            on_capture=lambda _: None,
            on_lost=lambda _: self.camera_lost.set(),
        )
        return self.media.local(source, options)


@pytest_asyncio.fixture
async def watched() -> AsyncIterator[Watched]:
    made = Watched(await LiveMedia.start(PageOptions((640, 360))))
    yield made
    await made.media.close()
    await made.media.close()  # safe to call again


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def attached(watched: Watched, http: aiohttp.ClientSession, **hello: Any) -> Played:
    """A page that has connected to it."""
    url, _, token = watched.media.address.partition("#")
    played = Played(await http.ws_connect(f"{url}socket?token={token}"))
    played.answers["hello"] = {"result": {"agent": "Firefox/133.0", "visible": True, **hello}}
    await watched.media.ready()
    return played


@pytest.mark.parametrize(("hello", "kind"), [({}, "live"), ({"path": "canvas"}, "live (canvas)")])
async def test_it_is_ready_once_the_page_has_come(
    watched: Watched, http: aiohttp.ClientSession, hello: dict[str, str], kind: str
) -> None:
    played = await attached(watched, http, **hello)
    assert watched.media.kind == kind
    assert watched.media.versions == {"firefox": "133.0"}
    await played.close()
    assert "its tab was closed" in await asyncio.wait_for(watched.lost, 10)


async def test_a_page_that_does_not_come_is_told_of(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("g2gbench.browser.page.READY_S", 0.01)
    with pytest.raises(UnreachableError, match="the page did not come"):
        await watched.media.ready()


async def test_its_own_camera_is_not_mirrored(watched: Watched) -> None:
    with pytest.raises(InputError, match=r"source\.mirror"):
        watched.local(PageCameraSource(256, 64, 25), mirrored=True)


async def test_a_camera_that_is_lost_is_told_of(
    watched: Watched, http: aiohttp.ClientSession
) -> None:
    camera = watched.local(PageCameraSource(256, 64, 25))
    played = await attached(watched, http)
    await played.socket.send_json({"event": "camera_lost", "at": 1})
    await asyncio.wait_for(watched.camera_lost.wait(), 10)
    camera.dispose()
    await played.close()
