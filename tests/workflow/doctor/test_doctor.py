"""``g2gbench doctor``: on this machine, and on machines that lack something."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from g2gbench.browser import chromium, offers
from g2gbench.browser.offers import Offers
from g2gbench.cli.doctor import doctor_command
from g2gbench.errors import ExitCode
from g2gbench.media import livekit_video
from g2gbench.service.room import livekit_server
from g2gbench.workflow import doctor
from g2gbench.workflow.doctor import Finding, machine, packages, programs, rooms

ROOT = Path(__file__).parents[3]
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
    names = {"versions", "packages", "machine", "clock", "timers", "embedded room"}
    names |= {"livekit-server", "chromium", "cameras"}
    if checks["chromium"]["status"] == "ok":
        names |= {"codecs of chromium"}
        assert "encodes vp8" in checks["codecs of chromium"]["detail"]
    assert set(checks) == names | {f"codec {name}" for name in livekit_video.CODECS}
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
    assert result.exit_code == ExitCode.FAULT
    assert "get a network" in result.output


def test_a_room_that_cannot_be_joined_is_needed_and_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def offered(*_: object) -> str:
        raise TimeoutError

    monkeypatch.setattr(rooms, "_offered", offered)
    (finding,) = asyncio.run(rooms.room_and_codecs())
    assert (finding.name, finding.status, finding.needed) == ("embedded room", "missing", True)
    assert "TimeoutError" in finding.detail
    assert finding.mend


def test_a_codec_that_the_sdk_replaces_is_missing_and_only_vp8_is_needed() -> None:
    replaced = rooms._codec("h265", "vp8")
    assert (replaced.status, replaced.needed) == ("missing", False)
    assert "vp8" in replaced.detail
    silent = rooms._codec("vp8", "")
    assert (silent.status, silent.needed) == ("missing", True)
    assert "nothing" in silent.detail
    assert rooms._codec("av1", "av1").status == "ok"


@pytest.mark.parametrize(
    ("cores", "busy_percent", "status"), [(1, 0, "warning"), (2, 0, "ok"), (8, 60, "warning")]
)
def test_a_machine_that_is_small_or_busy_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, cores: int, busy_percent: float, status: str
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: busy_percent)
    finding = machine.machine()
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
    return asyncio.run(programs.find_livekit_server())


@pytest.mark.integration
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


@pytest.mark.integration
def test_a_livekit_server_that_says_no_version_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = _livekit_server(monkeypatch, tmp_path, "raise SystemExit(1)")
    monkeypatch.setattr(programs, "_TIMEOUT_S", 0.2)
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
    return asyncio.run(programs.find_chromium())


@pytest.mark.integration
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


@pytest.mark.integration
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
        return Offers("156.0", encodes, tuple(livekit_video.CODECS))

    monkeypatch.setattr(offers, "ask", ask)
    finding = asyncio.run(programs._browser_codecs("chromium"))
    assert finding.status == status
    assert detail in finding.detail


def test_every_package_that_this_one_needs_is_tried() -> None:
    asked = [
        Requirement(text) for text in metadata.requires("g2gbench") or () if "extra ==" not in text
    ]
    named = {canonicalize_name(one.name) for one in asked}
    assert named - {"click"} == {canonicalize_name(name) for name in packages.NEEDED.values()}


def _packages(monkeypatch: pytest.MonkeyPatch, folder: Path, **modules: str) -> dict[str, Finding]:
    """What is found where these modules stand in for the needed ones."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(packages, "NEEDED", {name: f"dist-{name}" for name in modules})
    monkeypatch.setattr(packages, "OPTIONAL", {"no_such_one": ("reports", "trends")})
    return {one.name: one for one in asyncio.run(packages.packages())}


@pytest.mark.integration
def test_each_package_that_does_not_load_is_a_line_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = _packages(
        monkeypatch,
        tmp_path,
        good="",
        library="raise ImportError('libxcb.so.1: cannot open shared object file')",
        system="raise OSError('no such device')",
        old="raise TypeError('missing argument')",
        native="import os, signal; os.kill(os.getpid(), signal.SIGILL)",
        leaves="import os; os._exit(3)",
        last="",
    )
    assert found["packages"].detail == "2 of 8 load"
    wrong = {name: one for name, one in found.items() if name != "packages"}
    told = {
        "library": "libxcb.so.1",
        "system": "no such device",
        "old": "TypeError",
        "native": "signal 4",
        "leaves": "status 3",
    }
    assert set(wrong) == {f"package dist-{name}" for name in told} | {"package no_such_one"}
    for name, detail in told.items():
        finding = wrong[f"package dist-{name}"]
        assert (finding.status, finding.needed) == ("missing", True)
        assert detail in finding.detail
        assert f"dist-{name}" in finding.mend
    optional = wrong["package no_such_one"]
    assert (optional.status, optional.needed) == ("missing", False)
    assert "g2gbench[reports]" in optional.mend


@pytest.mark.integration
def test_a_package_that_is_not_there_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packages, "NEEDED", {"no_such_module": "no-such-package"})
    monkeypatch.setattr(packages, "OPTIONAL", {})
    _, finding = asyncio.run(packages.packages())
    assert finding.detail == "not there"
    assert finding.mend == "pip install no-such-package"
    assert finding.needed


@pytest.mark.integration
def test_an_import_without_an_end_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packages, "_IMPORT_S", 0.3)
    found = _packages(monkeypatch, tmp_path, stuck="import signal; signal.pause()")
    assert "takes more than" in found["package dist-stuck"].detail
    assert psutil.Process().children() == []


@pytest.mark.parametrize("error", [ImportError("no cv2"), OSError("no libGL"), KeyError("x")])
def test_a_check_that_cannot_be_made_costs_no_other(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken() -> Finding:
        raise error

    async def nothing() -> list[Finding]:
        return []

    monkeypatch.setattr(packages, "packages", nothing)
    monkeypatch.setattr(machine, "clock", broken)
    checks = (
        ("a", "machine", "clock", True),
        ("b", "machine", "cameras", False),
        ("c", "no_such_module", "x", False),
    )
    monkeypatch.setattr(doctor, "_CHECKS", checks)
    _, one, other, third = asyncio.run(doctor.examine())
    assert (one.name, one.status, one.needed) == ("a", "missing", True)
    assert type(error).__name__ in one.detail
    assert other.name == "cameras"
    assert (third.name, third.status) == ("c", "warning")


@pytest.mark.integration
def test_the_doctor_itself_imports_none_of_what_it_tries() -> None:
    code = "import sys, g2gbench.cli.doctor; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {name.partition(".")[0] for name in packages.NEEDED}
