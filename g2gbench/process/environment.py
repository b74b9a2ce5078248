"""The user's environment: read late, shown to nobody, and handed on as far as it is needed."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_NEEDED: Final = frozenset(
    (
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP",
        "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
        "XDG_DATA_HOME", "XDG_DATA_DIRS", "PYTHONHOME", "PYTHONUTF8", "PYTHONIOENCODING",
        "PYTHONHASHSEED", "PYTHONWARNINGS", "PYTHONDEVMODE", "PYTHONFAULTHANDLER",
        "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RUST_LOG", "RUST_BACKTRACE",
        "FONTCONFIG_FILE", "FONTCONFIG_PATH", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
        "DBUS_SESSION_BUS_ADDRESS", "G2GBENCH_CHROMIUM", "G2GBENCH_FIREFOX",
        "G2GBENCH_LIVEKIT_SERVER",
    )
)  # fmt: skip
_NEEDED_BEGINNINGS: Final = ("LC_", "COVERAGE_")
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")
_NO_PROXY: Final = "no_proxy"
_LOOPBACK: Final = "localhost,127.0.0.1,::1"


class Environment(Mapping[str, str]):
    """The environment as it is when a variable is asked for; it hides itself from ``repr``.

    For an argument: a traceback that shows arguments would show all of ``os.environ``.
    """

    def __getitem__(self, name: str) -> str:
        return os.environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)

    def __repr__(self) -> str:
        return "Environment()"


ENVIRONMENT: Final = Environment()


def for_child(reaches: Iterable[str] = ()) -> dict[str, str]:
    """Return a child's environment: what programs need to run here, and no more.

    ``reaches``: the URLs that it connects to beside those of this machine. A proxy is for them
    alone: the SDK asks the one of the environment for every address, the loopback too.
    """
    kept = {name: value for name, value in os.environ.items() if _is_needed(name)}
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if absolute := [path for path in paths if Path(path).is_absolute()]:
        kept["PYTHONPATH"] = os.pathsep.join(absolute)
    return kept | (_proxies() if is_elsewhere(reaches) else {})


def for_foreign_program(home: Path) -> dict[str, str]:
    """Return a browser's environment: a folder of its own, and the loopback alone."""
    kept = {name: value for name, value in for_child().items() if not name.startswith("PYTHON")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}


def module(name: str) -> tuple[str, ...]:
    """The command that runs a module of this package, whatever lies in the working directory."""
    return (sys.executable, "-P", "-m", name)


@contextlib.contextmanager
def without_proxies(reaches: Iterable[str]) -> Iterator[None]:
    """Have this process ask no proxy while it talks to these URLs, where all are of this machine.

    For the SDK, which runs in this process where a connection is only tried.
    """
    aside = {} if is_elsewhere(reaches) else {name: os.environ[name] for name in _named_proxies()}
    for name in aside:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(aside)


def is_elsewhere(urls: Iterable[str]) -> bool:
    """Return whether any of these URLs is of another machine."""
    return any(not _is_loopback(urlsplit(url).hostname or "") for url in urls)


def _is_needed(name: str) -> bool:
    return name in _NEEDED or name.startswith(_NEEDED_BEGINNINGS)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _named_proxies() -> list[str]:
    return [name for name in os.environ if name.lower() in _PROXIES]


def _proxies() -> dict[str, str]:
    """The proxies of the environment, with the loopback among those that need none."""
    kept = {name: os.environ[name] for name in _named_proxies()}
    if not kept:
        return {}
    named = [value for name, value in os.environ.items() if name.lower() == _NO_PROXY and value]
    without = ",".join([*named, _LOOPBACK])
    return {**kept, _NO_PROXY: without, _NO_PROXY.upper(): without}
