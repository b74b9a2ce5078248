"""The live page's address: everything below a token, one page at a time."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from g2gbench.browser.page import FILES as PAGE_FILES
from g2gbench.errors import ExitCode, InputError
from g2gbench.live import web_server as serving
from g2gbench.live.session_manager import SessionManager, check, exit_code, settings
from g2gbench.live.web_server import Site
from g2gbench.report import REPORT_HTML
from g2gbench.scenario import loads
from g2gbench.store.origin import Origin
from tests.e2e.sessions import passthrough
from tests.report import runs

Http = aiohttp.ClientSession


class Told:
    """A desk's messages for the page."""

    def __init__(self) -> None:
        self.site = Site("127.0.0.1", 0)

    def desk(self, out: Path) -> SessionManager:
        scenario = loads(passthrough(), overrides=settings(()))
        return SessionManager(scenario, Origin(), out, self.site.send, lambda _: None)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[tuple[SessionManager, str]]:
    told = Told()
    made = told.desk(tmp_path)
    yield made, await told.site.start(made)
    await told.site.stop()
    await told.site.stop()  # safe to call again


@pytest_asyncio.fixture
async def http() -> AsyncIterator[Http]:
    async with aiohttp.ClientSession() as made:
        yield made


async def test_nothing_is_answered_without_the_token(
    desk: tuple[SessionManager, str], http: Http
) -> None:
    root, _, token = desk[1].rstrip("/").rpartition("/")
    for path in ("/", "/live.css", "/socket", f"/{token}x/", f"/x{token}/socket", "/x/page.js"):
        async with http.get(root + path) as answer:
            assert answer.status == 403
            assert "lacks its token" in await answer.text()
    async with http.post(f"{root}/x/image", data=b"1") as answer:
        assert answer.status == 403


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
async def test_no_other_page_and_no_other_name_is_answered(
    desk: tuple[SessionManager, str], http: Http, headers: dict[str, str]
) -> None:
    for path in ("", "live.css", "page.js"):
        async with http.get(desk[1] + path, headers=headers) as answer:
            assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(f"{desk[1]}socket", headers=headers)
    async with http.post(f"{desk[1]}image", data=b"1", headers=headers) as answer:
        assert answer.status == 403
    origin = desk[1].rpartition("/")[0].rpartition("/")[0]
    async with http.ws_connect(f"{desk[1]}socket", headers={"Origin": origin}) as socket:
        assert "hello" in await socket.receive_json()


async def test_whatever_comes_over_the_socket_is_answered_in_words(
    desk: tuple[SessionManager, str], http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(4)
    pieces = [
        '{"do":',
        '"start"',
        '"prompt"',
        ',"text":',
        '"\\ud800"',
        "[" * 9999,
        "1e999",
        "}",
        "\0",
    ]
    async with http.ws_connect(f"{desk[1]}socket") as socket:
        await socket.receive_json()
        for _ in range(50):
            await socket.send_bytes(b"\0")  # heard by nobody
            await socket.send_str("".join(chance.choices(pieces, k=chance.randrange(1, 7))))
            assert "refused" in await socket.receive_json()
    assert [record for record in caplog.records if record.exc_info] == []


async def test_an_image_may_have_any_name(desk: tuple[SessionManager, str], http: Http) -> None:
    for name in ("é" * 200, "\0", "../../x", "", "a" * 5000):
        async with http.post(f"{desk[1]}image", params={"name": name}, data=b"1") as answer:
            assert answer.status == 409, name  # no session runs


async def test_its_files_load_nothing_from_elsewhere(
    desk: tuple[SessionManager, str], http: Http
) -> None:
    for name in ("", "live.css", *serving.FILES, *PAGE_FILES):
        async with http.get(desk[1] + name) as answer:
            assert answer.status == 200, name
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            text = await answer.text()
            assert "https://" not in text
            assert "http://" not in text


async def test_a_page_is_told_what_it_will_measure(
    desk: tuple[SessionManager, str], http: Http
) -> None:
    async with http.ws_connect(f"{desk[1]}socket") as socket:
        hello = (await socket.receive_json())["hello"]
    assert hello["size"] == [640, 360]
    assert hello["phase"] == ""
    assert {"none", "wifi", "lte"} <= set(hello["networks"])


async def test_a_second_page_is_told_so_and_the_first_one_stays(
    desk: tuple[SessionManager, str], http: Http
) -> None:
    async with http.ws_connect(f"{desk[1]}socket") as first:
        await first.receive_json()
        async with http.ws_connect(f"{desk[1]}socket") as second:
            assert "open in another tab" in (await second.receive_json())["taken"]
            assert (await second.receive()).type is aiohttp.WSMsgType.CLOSE
        await first.send_json({"do": "jump"})
        assert "no such request" in (await first.receive_json())["refused"]
    async with http.ws_connect(f"{desk[1]}socket") as third:
        assert "hello" in await third.receive_json()


@pytest.mark.parametrize(
    "asked", [{"do": "stop"}, {"do": "prompt", "text": "a"}, {"do": "network", "name": "wifi"}]
)
async def test_what_needs_a_session_is_refused_without_one(
    desk: tuple[SessionManager, str], http: Http, asked: dict[str, Any]
) -> None:
    async with http.ws_connect(f"{desk[1]}socket") as socket:
        await socket.receive_json()
        await socket.send_str(json.dumps(asked))
        assert (await socket.receive_json())["refused"].startswith("no session is running")
    async with http.post(f"{desk[1]}image?name=a.png", data=b"1") as answer:
        assert answer.status == 409
        assert (await answer.text()).startswith("no session is running")
    async with http.get(f"{desk[1]}media") as answer:
        assert answer.status == 409


async def test_reports_are_those_of_its_own_runs(
    desk: tuple[SessionManager, str], http: Http, tmp_path: Path
) -> None:
    stored = runs.passing(tmp_path)
    (stored.path / REPORT_HTML).write_text("<p>report", encoding="utf-8")
    address = f"{desk[1]}report/{stored.path.name}"
    async with http.get(address) as answer:
        assert answer.status == 404
    desk[0].runs.append(stored)
    async with http.get(address) as answer:
        assert await answer.text() == "<p>report"
        assert "script" not in answer.headers["Content-Security-Policy"]
    assert exit_code(desk[0].runs, interrupted=False) == stored.summary_data["exit_code"]


def test_the_exit_code_without_a_session() -> None:
    assert exit_code([], interrupted=False) == ExitCode.PASS
    assert exit_code([], interrupted=True) == ExitCode.INTERRUPTED


def test_a_scenario_with_several_cells_is_refused() -> None:
    text = passthrough() + "matrix: {publish.codec: [vp8, vp9]}\n"
    with pytest.raises(InputError, match="makes 2 cells"):
        check(loads(text, overrides=settings(())))


def test_a_session_may_be_given_a_time_and_nothing_that_makes_it_another_one() -> None:
    told = settings(["session.duration=2min", "network.profile=lte"])
    scenario = loads(passthrough(), overrides=told)
    check(scenario)
    assert (scenario.session.duration, scenario.client.kind, scenario.repeat) == (120, "browser", 1)
    for other in ("client.kind=native", "repeat=2"):
        with pytest.raises(InputError, match=r"client\.kind browser and repeat 1"):
            check(loads(passthrough(), overrides=settings([other])))
