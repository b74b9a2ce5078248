"""What children inherit, and where they ask a proxy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from g2gbench.process import environment
from tests.sentinel import SENTINEL, VARIABLE

PROXY = "http://127.0.0.1:9"
NAMES = ("HTTP_PROXY", "https_proxy", "ALL_PROXY")


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, PROXY)
    monkeypatch.setenv("NO_PROXY", "intranet")


def test_a_child_inherits_what_it_needs_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("G2GBENCH_SERVE_KEY", "a-key-of-mine")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    inherited = environment.for_child()
    assert inherited["PATH"] == os.environ["PATH"]
    assert inherited["LC_ALL"] == "C.UTF-8"
    assert VARIABLE not in inherited
    assert not {SENTINEL, "a-key-of-mine"} & set(inherited.values())


def test_a_browser_has_a_home_of_its_own_and_nothing_of_python(
    proxies: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/a/place")
    inherited = environment.for_foreign_program(tmp_path)
    assert inherited["HOME"] == inherited["XDG_CONFIG_HOME"] == str(tmp_path)
    assert not [name for name in inherited if name.startswith("PYTHON") or "proxy" in name.lower()]


def test_of_the_places_to_import_from_none_depends_on_the_working_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((".", "", "/a/place", "beside", "/another")))
    assert environment.for_child()["PYTHONPATH"] == f"/a/place{os.pathsep}/another"
    monkeypatch.setenv("PYTHONPATH", ".")
    assert "PYTHONPATH" not in environment.for_child()


LOOPBACKS = ("ws://127.0.0.1:7880", "ws://localhost/rtc", "wss://[::1]:1/x", "ws://a.localhost")
ELSEWHERE = ("wss://api.example.com", "ws://192.168.1.7:7880", "wss://127.example.com")


@pytest.mark.parametrize("url", LOOPBACKS)
def test_the_loopback_is_reached_without_a_proxy(url: str, proxies: None) -> None:
    assert not [name for name in environment.for_child([url]) if "proxy" in name.lower()]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_elsewhere_is_reached_through_it_and_the_loopback_beside_that_without(
    url: str, proxies: None
) -> None:
    inherited = environment.for_child(["ws://127.0.0.1", url])
    assert [inherited[name] for name in NAMES] == [PROXY] * len(NAMES)
    assert inherited["NO_PROXY"] == inherited["no_proxy"] == "intranet,localhost,127.0.0.1,::1"


def test_without_a_proxy_nothing_is_said_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if "proxy" in name.lower():
            monkeypatch.delenv(name)
    assert not [name for name in environment.for_child([ELSEWHERE[0]]) if "proxy" in name.lower()]


def test_this_process_asks_none_while_it_talks_to_the_loopback(proxies: None) -> None:
    with environment.without_proxies([LOOPBACKS[0]]):
        assert not [name for name in NAMES if name in os.environ]
    assert os.environ["HTTP_PROXY"] == PROXY
    with environment.without_proxies([ELSEWHERE[0]]):
        assert os.environ["HTTP_PROXY"] == PROXY
