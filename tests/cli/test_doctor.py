"""``g2gbench doctor``: on this machine, and on machines that lack something."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from g2gbench import doctor
from g2gbench.browser import chromium, offers
from g2gbench.browser.offers import Offers
from g2gbench.cli.doctor import doctor_command
from g2gbench.doctor import Finding
from g2gbench.errors import ExitCode
from g2gbench.rtc import video
from g2gbench.service.room import livekit_server

ROOT = Path(__file__).parents[2]
OK = Finding("clock", "ok", "fine")
NO_ROOM = Finding("embedded room", "missing", "could not be joined", "get a network", needed=True)
NO_CAMERA = Finding("cameras", "missing", "none", "plug one in")
BUSY = Finding("machine", "warning", "99% busy now", "close what else runs")


def _on_a_machine(
    monkeypatch: pytest.MonkeyPatch, findings: Sequence[Finding], *options: str
) -> Result:
    async def examine() -> Sequence[Finding]:
        return findings

    monkeypatch.setattr(doctor, "examine", examine)
    return CliRunner().invoke(doctor_command, options)


@pytest.mark.session
def test_this_machine_can_measure_and_says_so_in_one_object() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "g2gbench", "doctor", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == ""
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert set(document) == {"schema", "checks"}
    assert document["schema"] == 1
    checks = {check["name"]: check for check in document["checks"]}
    assert len(checks) == len(document["checks"])
    for check in checks.values():
        assert set(check) == {"name", "status", "detail", "mend", "needed"}
        assert check["status"] in ("ok", "missing", "warning")
        assert check["detail"]
        assert check["mend"] or check["status"] == "ok"  # whatever is wrong can be mended
    names = {"versions", "machine", "clock", "timers", "embedded room"}
    names |= {"livekit-server", "chromium", "cameras"}
    if checks["chromium"]["status"] == "ok":
        names |= {"codecs of chromium"}
        assert "encodes vp8" in checks["codecs of chromium"]["detail"]
    assert set(checks) == names | {f"codec {name}" for name in video.CODECS}
    assert checks["embedded room"]["status"] == "ok"
    assert checks["codec vp8"]["status"] == "ok"
    assert checks["codec vp8"]["needed"] is False  # what is there is not in need


def test_the_text_says_how_to_mend_each_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    result = _on_a_machine(monkeypatch, [OK, BUSY, NO_CAMERA])
    assert result.output.splitlines() == [
        "ok         clock: fine",
        "warning    machine: 99% busy now",
        "           -> close what else runs",
        "missing    cameras: none",
        "           -> plug one in",
    ]
    assert result.exit_code == ExitCode.PASS


@pytest.mark.parametrize("option", [(), ("--json",)], ids=["text", "json"])
def test_only_what_every_run_needs_makes_it_invalid(
    monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    assert _on_a_machine(monkeypatch, [OK, BUSY, NO_CAMERA], *option).exit_code == 0
    result = _on_a_machine(monkeypatch, [OK, NO_ROOM], *option)
    assert result.exit_code == ExitCode.INVALID
    assert "get a network" in result.output


def test_a_room_that_cannot_be_joined_is_needed_and_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def offered(*_: object) -> str:
        raise TimeoutError

    monkeypatch.setattr(doctor, "_offered", offered)
    (finding,) = asyncio.run(doctor._room_and_codecs())
    assert (finding.name, finding.status, finding.needed) == ("embedded room", "missing", True)
    assert "TimeoutError" in finding.detail
    assert finding.mend


def test_a_codec_that_the_sdk_replaces_is_missing_and_only_vp8_is_needed() -> None:
    replaced = doctor._codec("h265", "vp8")
    assert (replaced.status, replaced.needed) == ("missing", False)
    assert "vp8" in replaced.detail
    silent = doctor._codec("vp8", "")
    assert (silent.status, silent.needed) == ("missing", True)
    assert "nothing" in silent.detail
    assert doctor._codec("av1", "av1").status == "ok"


@pytest.mark.parametrize(
    ("cores", "busy_percent", "status"), [(1, 0, "warning"), (2, 0, "ok"), (8, 60, "warning")]
)
def test_a_machine_that_is_small_or_busy_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, cores: int, busy_percent: float, status: str
) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda: cores)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: busy_percent)
    finding = doctor._machine()
    assert finding.status == status
    assert f"{cores} cores" in finding.detail


def _livekit_server(
    monkeypatch: pytest.MonkeyPatch, folder: Path, script: str | None = None
) -> Finding:
    """What is found where a livekit-server is this script, named by the variable; or is nowhere."""
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(livekit_server.COMMAND_VARIABLE, raising=False)
    if script is not None:
        path = folder / "server"
        path.write_text(f"#!{sys.executable}\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv(livekit_server.COMMAND_VARIABLE, str(path))
    return asyncio.run(doctor._livekit_server())


def test_a_livekit_server_is_shown_with_its_version_and_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    finding = _livekit_server(monkeypatch, tmp_path, "print('livekit-server version 1.13.5')")
    assert (finding.name, finding.status) == ("livekit-server", "ok")
    assert finding.detail == f"livekit-server version 1.13.5, {tmp_path / 'server'}"


def test_without_a_livekit_server_the_finding_says_how_to_get_one_and_that_none_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    finding = _livekit_server(monkeypatch, tmp_path)
    assert (finding.status, finding.needed) == ("missing", False)
    assert "the embedded room needs none" in finding.detail
    assert livekit_server.INSTALL in finding.mend
    assert livekit_server.COMMAND_VARIABLE in finding.mend


def test_a_livekit_server_that_says_no_version_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = _livekit_server(monkeypatch, tmp_path, "raise SystemExit(1)")
    monkeypatch.setattr(doctor, "_SAYS_S", 0.2)
    stuck = _livekit_server(monkeypatch, tmp_path, "import signal; signal.pause()")
    for finding in (broken, stuck):
        assert finding.status == "warning"
        assert str(tmp_path / "server") in finding.detail
        assert livekit_server.INSTALL in finding.mend
    assert psutil.Process().children() == []


def _browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str | None) -> list[Finding]:
    """What is found where a Chromium is this script; or is nowhere."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(chromium.COMMAND_VARIABLE, raising=False)
    if script is not None:
        path = tmp_path / "chromium"
        path.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
    return asyncio.run(doctor._chromium())


@pytest.mark.parametrize(
    ("script", "status", "detail"),
    [
        ("print('Chromium 156.0')", "ok", "Chromium 156.0"),
        ("raise SystemExit(1)", "warning", "says no version"),
        (None, "missing", "neither on PATH nor in $G2GBENCH_CHROMIUM"),
    ],
)
def test_a_browser_is_shown_with_its_version_or_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: str | None,
    status: str,
    detail: str,
) -> None:
    finding, *_ = _browser(monkeypatch, tmp_path, script)
    assert (finding.name, finding.status) == ("chromium", status)
    assert detail in finding.detail
    assert not finding.needed
    assert ("apt-get install chromium" in finding.mend) == (status != "ok")


def test_a_browser_whose_page_does_not_come_up_is_a_warning_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, codecs = _browser(monkeypatch, tmp_path, "print('Chromium 156.0')")
    assert (codecs.name, codecs.status) == ("codecs of chromium", "warning")
    assert "the browser ended before its page was there" in codecs.detail
    assert codecs.mend


@pytest.mark.parametrize(
    ("encodes", "status", "detail"),
    [
        (("vp8", "vp9", "h264", "av1", "h265"), "ok", "encodes vp8, vp9, h264, av1, h265; decodes"),
        (("vp8", "av1"), "ok", "not for a scenario: h264, vp9, h265"),
        (("av1",), "warning", "encodes av1; decodes"),
        ((), "warning", "encodes none; decodes"),
    ],
)
def test_the_codecs_of_a_browser_are_listed(
    monkeypatch: pytest.MonkeyPatch, encodes: tuple[str, ...], status: str, detail: str
) -> None:
    async def ask(_: str) -> Offers:
        return Offers("156.0", encodes, tuple(video.CODECS))

    monkeypatch.setattr(offers, "ask", ask)
    finding = asyncio.run(doctor._browser_codecs("chromium"))
    assert finding.status == status
    assert detail in finding.detail
