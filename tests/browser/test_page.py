"""The page's other half, against a page that is played by a WebSocket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from g2gbench.browser.page import FILES, Page, PageFailed
from tests.browser.pages import Played, play


class Heard:
    """What a page's owner hears."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.captured: list[dict[str, Any]] = []
        self.corners: list[bytes] = []
        self.displayed: list[dict[str, Any]] = []


@pytest_asyncio.fixture
async def heard() -> Heard:
    return Heard()


@pytest_asyncio.fixture
async def page(heard: Heard) -> AsyncIterator[Page]:
    made = Page(
        lambda name, detail: heard.events.append((name, detail)),
        heard.captured.append,
        heard.corners.append,
        heard.displayed.append,
    )
    yield made
    await made.close()
    await made.close()  # safe to call again


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def test_a_page_is_ready_once_its_clock_is_known(
    page: Page, session: aiohttp.ClientSession
) -> None:
    played = await play(page, session)
    assert await page.ready() == {"agent": "played"}
    assert page.clock.ns(1000) == pytest.approx(0, abs=20_000_000)  # it is a second ahead
    assert page.clock_error_ms is not None
    assert 0 <= page.clock_error_ms < 200  # each of them is answered within 0.4 s, or not counted
    await played.close()


async def test_a_picture_is_kept_by_its_time_unless_the_page_is_gone(
    page: Page, session: aiohttp.ClientSession
) -> None:
    played = await play(page, session)
    await page.ready()
    while not played.asked.empty():
        played.asked.get_nowait()
    page.keep(1234.5)
    assert await asyncio.wait_for(played.asked.get(), 10) == {"keep": 1234.5}
    await played.close()
    await page.gone.wait()
    page.keep(1234.5)
    await asyncio.gather(*page._keeping)


async def test_what_it_says_reaches_whoever_listens(
    page: Page, session: aiohttp.ClientSession, heard: Heard
) -> None:
    played = await play(page, session)
    await played.socket.send_json({"captured": [{"id": 3}]})
    await played.socket.send_json({"displayed": [{"at": 1.5, "rtp": 7, "presented": 1}]})
    await played.socket.send_json({"event": "track", "mid": "1"})
    await played.socket.send_bytes(b"corner")
    await page.ready()  # after all of it: one socket keeps the order
    assert heard.captured == [{"id": 3}]
    assert heard.displayed == [{"at": 1.5, "rtp": 7, "presented": 1}]
    assert heard.events == [("track", {"mid": "1"})]
    assert heard.corners == [b"corner"]
    await page.send_frame(b"picture")
    await page.call("hello")
    assert played.frames == [b"picture"]
    await played.close()


@pytest.mark.parametrize(
    "answer", [{"error": "TypeError: no"}, {"result": {"refused": "TypeError: no"}}]
)
async def test_a_command_that_fails_says_why(
    page: Page, session: aiohttp.ClientSession, answer: dict[str, Any]
) -> None:
    played = await play(page, session)
    played.answers["offer"] = answer
    with pytest.raises(PageFailed, match="the page says: TypeError: no"):
        await page.call("offer")
    await played.close()


async def test_what_waits_for_a_page_fails_when_it_goes(
    page: Page, session: aiohttp.ClientSession
) -> None:
    played = await play(page, session)
    await page.ready()
    waiting = asyncio.create_task(page.call("never answered"))
    while (await played.asked.get())["command"] != "never answered":
        continue
    await played.close()
    with pytest.raises(PageFailed, match="the page is gone"):
        await waiting
    assert page.gone.is_set()
    with pytest.raises(PageFailed, match="the page is gone"):
        await page.call("hello")
    with pytest.raises(PageFailed, match="the page is gone"):
        await page.send_frame(b"picture")


async def test_a_page_that_does_not_come_or_answer_is_not_waited_for_for_ever(
    page: Page, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("g2gbench.browser.page.READY_S", 0.01)
    monkeypatch.setattr("g2gbench.browser.page.CALL_S", 0.01)
    with pytest.raises(PageFailed, match="did not come up"):
        await page.ready()
    monkeypatch.setattr("g2gbench.browser.page._ALIGN_S", 0)
    monkeypatch.setattr("g2gbench.browser.page._PONG_S", 0.001)
    played = await play(page, session)
    played.answers_pings = False
    with pytest.raises(PageFailed, match="answers nothing"):
        await page.ready()
    assert page.clock_error_ms is None
    with pytest.raises(PageFailed, match="did not do 'never answered'"):
        await page.call("never answered")
    await played.close()


async def test_it_is_served_to_its_own_browser_alone(
    page: Page, session: aiohttp.ClientSession
) -> None:
    url, _, token = (await page.serve()).partition("#")
    assert url.startswith("http://127.0.0.1:")
    for wrong in ("", "?token=x", "?token=\u00e9"):
        async with session.get(f"{url}socket{wrong}") as answer:
            assert answer.status == 403
    played = Played(await session.ws_connect(f"{url}socket?token={token}"))
    async with session.get(f"{url}socket?token={token}") as answer:
        assert answer.status == 409
    await played.close()


async def test_its_files_load_nothing_from_elsewhere(
    page: Page, session: aiohttp.ClientSession
) -> None:
    url = (await page.serve()).partition("#")[0]
    for name in ("", *FILES):
        async with session.get(url + name) as answer:
            assert answer.status == 200
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            assert "https://" not in await answer.text()
    async with session.get(f"{url}page.py") as answer:
        assert answer.status == 404


async def test_whoever_is_cancelled_with_the_answer_in_hand_still_ends(
    page: Page, session: aiohttp.ClientSession
) -> None:
    played = await play(page, session)
    asking = asyncio.ensure_future(page.call("stats"))
    number = (await played.asked.get())["id"]
    page._on_message({"id": number, "result": {"stats": []}}, time.monotonic_ns())
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await played.close()


async def test_no_other_page_and_no_other_name_is_answered(
    page: Page, session: aiohttp.ClientSession
) -> None:
    url, _, token = (await page.serve()).partition("#")
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        for path in ("", f"socket?token={token}"):
            async with session.get(url + path, headers=headers) as answer:
                assert answer.status == 403
    own = {"Origin": url.rstrip("/")}
    async with session.ws_connect(f"{url}socket?token={token}", headers=own) as socket:
        assert not socket.closed


async def test_a_message_that_is_none_of_the_pages_is_nothing(
    page: Page, heard: Heard, session: aiohttp.ClientSession
) -> None:
    url, _, token = (await page.serve()).partition("#")
    async with session.ws_connect(f"{url}socket?token={token}") as socket:
        for text in ("[" * 100_000, "{", "[]", "3", '"x"'):
            await socket.send_str(text)
        await socket.send_json({"event": "there"})
    # It closes when all that was sent before has been read.
    assert heard.events == [("there", {})]
