"""No command, plugin, traceback, log or stored run shows a key."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from g2gbench import realtime
from g2gbench.cli import main
from g2gbench.errors import InputError
from g2gbench.process.environment import ENVIRONMENT, Environment
from g2gbench.process.logs import Discreet
from g2gbench.scenario import load
from g2gbench.secrecy import (
    MASK,
    SHORTEST,
    Unshown,
    forms_of,
    masked_url,
    secrets_in_url,
    without_credentials,
)
from g2gbench.store.redaction import Redactor
from g2gbench.workflow import benchmark
from tests.e2e.sessions import ROOT
from tests.sentinel import SENTINEL, VARIABLE, given_away

pytestmark = pytest.mark.integration

pytest_plugins = ["pytester"]

KEYS = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="<>"),  # what is around
    min_size=SHORTEST,
)


def test_the_key_of_the_suite_is_where_a_careless_test_would_print_it() -> None:
    assert os.environ[VARIABLE] == SENTINEL


def test_a_test_that_prints_the_key_fails() -> None:
    report = pytest.TestReport("a", ("a", 0, "a"), {}, "passed", None, "call")
    assert given_away(report) == []
    report.sections = [("Captured stderr call", f"x {SENTINEL} y")]
    assert given_away(report) == ["Captured stderr call"]


# -- what hides itself


def test_text_that_is_not_shown_is_text_all_the_same() -> None:
    assert f"{[Unshown('a-key')]!r}" == "['***']"
    assert Unshown("a-key") == "a-key"
    assert f"{Unshown('a-key')}" == "a-key"


def test_the_environment_is_read_late_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment()
    monkeypatch.setenv("G2G_LATE", "late")
    assert environment["G2G_LATE"] == "late"
    assert dict(environment) == dict(os.environ)
    assert len(environment) == len(os.environ)
    assert repr(environment) == "Environment()"


# -- what is masked


def test_a_secret_too_short_to_be_told_from_text_has_no_form() -> None:
    assert forms_of(["", "0", "a" * (SHORTEST - 1)]) == ()
    assert forms_of([SecretStr("a" * SHORTEST)]) == ("a" * SHORTEST,)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("wss://x/v1", "wss://x/v1"),
        ("wss://me:hidden@x:99/v1", "wss://***@x:99/v1"),
        ("wss://x/v1?api_key=hidden&a=b#c", "wss://x/v1?api_key=***&a=***#c"),
        ("wss://${HOST}/v1?key=${KEY}", "wss://${HOST}/v1?key=${KEY}"),
    ],
)
def test_a_url_is_shown_without_userinfo_and_values(url: str, shown: str) -> None:
    assert masked_url(url) == shown


def test_what_a_url_holds_is_known_as_written_and_as_meant() -> None:
    found = set(secrets_in_url("wss://me:a%2Fsecret@x/?key=b%20c"))
    assert {"a%2Fsecret", "a/secret", "b%20c", "b c", "me"} <= found


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1/stream?api_key=hidden&model=x HTTP/1.1",
        "connecting to wss://me:hidden@host/",
        "x-api-key=hidden",
        "Authorization: Bearer hidden-hidden",
        "?access_token=hidden",
    ],
)
def test_what_looks_like_a_credential_is_masked(text: str) -> None:
    assert "hidden" not in without_credentials(text)
    assert MASK in without_credentials(text)


@pytest.mark.parametrize("text", ["a key frame", "token bucket", "12 keys", "the key, of 3"])
def test_words_of_the_field_are_no_credentials(text: str) -> None:
    assert without_credentials(text) == text


@settings(deadline=None)
@given(KEYS)
def test_nothing_of_a_known_secret_is_left(key: str) -> None:
    kept = Redactor([SecretStr(key)]).data({"message": f"<{key}>", "status": key})
    assert kept == {"message": f"<{MASK}>", "status": key}
    assert _shown(Redactor([key])) == _shown(Redactor([]))


def _shown(thing: object) -> str:
    """Its repr without the address in memory, which may hold any six characters."""
    return re.sub("0x[0-9a-f]+", "", repr(thing))


def test_a_log_is_written_without_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet(secrets=["a-known-one"]))
    log = logging.Logger("a library")
    log.addHandler(handler)
    try:
        raise ValueError("bad request: /v1/stream?api_key=a-strange-one\x00")
    except ValueError:
        log.exception("using %s", "a-known-one")
    said = capsys.readouterr().err
    assert "a-known-one" not in said
    assert "a-strange-one" not in said
    assert "ValueError" in said


# -- whatever fails, whoever shows it

LOADED = (benchmark, realtime, realtime.RealtimeClient)
"""What the tests within need: loaded once, as pytester forgets what is loaded first in there."""

PROJECT = f'''
import pytest
import g2gbench
from g2gbench.realtime import RealtimeClient, ConnectOptions

SERVICE = """name: a
target: {{kind: service, url: 'ws://127.0.0.1:9', api_key: '${{{VARIABLE}}}', model: lucy-2.1}}
"""

def test_a_bad_scenario(g2gbench_run):
    g2gbench_run(SERVICE + "repeat: none\\n")

def test_a_scenario_that_is_not_there(g2gbench_run):
    g2gbench_run("nope.yaml")

def test_an_unset_variable(g2gbench_run):
    g2gbench_run(SERVICE.replace("{VARIABLE}", "DECART_API_KEX"))

def test_a_file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE + "repeat: none\\n")
    g2gbench.run(path)

def test_a_place_where_nothing_can_be_written(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(SERVICE)
    (tmp_path / "out").write_text("")
    g2gbench.run(path, out=tmp_path / "out")

def test_an_address():
    RealtimeClient(base_url="ftp://x")

@pytest.mark.asyncio
async def test_a_session():
    async with RealtimeClient(base_url="ws://127.0.0.1:9") as client:
        await client.connect(ConnectOptions(model="lucy-2.1", publish_camera=False))

@pytest.mark.asyncio
async def test_a_token():
    async with RealtimeClient(base_url="ws://127.0.0.1:9") as client:
        await client.create_token()
'''


def test_no_traceback_of_a_users_tests_shows_the_key(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(PROJECT)
    options = ("-p", "g2gbench.pytest_plugin") if not _installed() else ()
    loop = ("-o", "asyncio_default_fixture_loop_scope=function")
    shown = ("--showlocals", "-vv", "-p", "no:cacheprovider")
    done = pytester.runpytest_inprocess(*options, *loop, *shown)
    done.assert_outcomes(failed=8)
    said = "\n".join([*done.outlines, *done.errlines])
    assert "DECART_API_KEX is not set" in said
    assert SENTINEL not in said


def _installed() -> bool:
    from importlib.metadata import entry_points

    return any(entry.value == "g2gbench.pytest_plugin" for entry in entry_points(group="pytest11"))


def test_a_traceback_with_every_local_shows_no_key(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        f"name: a\ntarget: {{kind: service, api_key: '${{{VARIABLE}}}', model: lucy-2.1, "
        f"url: 'wss://me:{'hid'}den-one@x/?k=hidden-too'}}\nrepeat: none\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as refused:
        load(file, environment=ENVIRONMENT)
    shown = "".join(
        line
        for frame in traceback.TracebackException.from_exception(
            refused.value, capture_locals=True
        ).stack
        if "g2gbench" in frame.filename and "test_secrecy" not in frame.filename
        for line in (frame.locals or {}).values()
    )
    assert SENTINEL not in shown
    assert "hidden-" not in shown


SCENARIO = f"""name: a
target: {{kind: service, url: 'ws://127.0.0.1:9/', model: lucy-2.1, api_key: '${{{VARIABLE}}}'}}
source: {{size: 192x108}}
"""
COMMANDS = {
    "dry-run": "run a.yaml --dry-run",
    "run of a bad scenario": "run bad.yaml",
    "override": f"run a.yaml --set target.url=wss://me:{SENTINEL}@x/ --set repeat=none",
    "show": f"scenario show a.yaml --set target.url=wss://me:{SENTINEL}@x/",
    "validate": "scenario validate a.yaml bad.yaml",
    "preflight": "preflight --deep --url ws://127.0.0.1:9",
    "compare": "compare a.yaml bad.yaml",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.yaml").write_text(SCENARIO, encoding="utf-8")
    bad = SCENARIO.replace(f"'${{{VARIABLE}}}'", f"[{SENTINEL}]")
    (tmp_path / "bad.yaml").write_text(bad, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_command_shows_the_key(
    command: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(SystemExit):
        main(command.split())
    said = "".join(capfd.readouterr())
    assert said
    assert SENTINEL not in said


def test_a_run_that_cannot_connect_shows_and_keeps_no_key(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "g2gbench", "run", "a.yaml", "--out", "runs", "-v"],
        capture_output=True,
        check=False,
        timeout=120,
    )
    key = SENTINEL.encode()
    assert key not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
    kept = [path for path in (folder / "runs").rglob("*") if path.is_file()]
    assert "run.json" in [path.name for path in kept]
    assert [path for path in kept if key in path.read_bytes()] == []
