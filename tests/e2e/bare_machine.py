"""A Debian with Python, its venv and certificates alone: what a container or a new server has."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PACKAGES = ("python3", "python3-venv", "ca-certificates")
_PIP_FILES = ("/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf")
_PASSED = ("PIP_", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# The namespaces end with the command, and with them every process and mount of it.
_ALONE = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
_ENTER = """
set -e
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
exec chroot "$0" "$@"
"""


def why_not() -> str:
    """Why none can be built here; empty where one can."""
    if os.geteuid() != 0:
        return "a bare system is built by root alone"
    missing = [name for name in ("apt-get", "unshare", "chroot") if not shutil.which(name)]
    if missing:
        return f"no {missing[0]} here: a bare Debian cannot be built"
    if not shutil.which("mmdebstrap"):
        return "no mmdebstrap here: apt-get install mmdebstrap"
    tried = subprocess.run([*_ALONE, "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this process may make no namespaces"


def build(root: Path) -> None:
    """Make one in a folder that is not there yet, knowing pip's index as this machine does."""
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    subprocess.run([*command, _suite(), str(root)], check=True, timeout=600)
    for name in _PIP_FILES:
        _take(Path(name).expanduser(), root, Path("/etc/pip.conf"))
    for value in _environment().values():
        if value.startswith("/"):
            _take(Path(value), root, Path(value))
    _take(Path("/etc/resolv.conf"), root, Path("/etc/resolv.conf"))


def run(
    root: Path, command: Sequence[str], *, folder: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a shell's command in it. Whatever it started ends with it, at a time-out too."""
    shell = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', folder, *command]
    return subprocess.run(
        [*_ALONE, "sh", "-c", _ENTER, str(root), *shell],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **_environment()},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def _suite() -> str:
    """This Debian's own; on another system the stable one."""
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return "stable"
    return told.get("VERSION_CODENAME", "stable") if told.get("ID") == "debian" else "stable"


def _environment() -> Mapping[str, str]:
    """How this machine reaches its package index."""
    return {k: v for k, v in os.environ.items() if k.upper().startswith(_PASSED)}


def _take(path: Path, root: Path, to: Path) -> None:
    """Copy a file, or a folder's files, into it; nothing where there is none."""
    target = root / to.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    elif path.is_file():
        target.unlink(missing_ok=True)
        shutil.copy(path, target)
