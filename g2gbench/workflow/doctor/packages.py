"""The Python packages that a run imports: each tried by itself, so that one cannot hide another."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import g2gbench
from g2gbench.workflow.doctor.finding import Finding

NEEDED: Final[Mapping[str, str]] = {
    "aiohttp": "aiohttp",
    "aioice": "aioice",
    "cryptography.x509": "cryptography",
    "dacite": "dacite",
    "jinja2": "jinja2",
    "livekit.rtc": "livekit",
    "livekit.api": "livekit-api",
    "livekit.protocol.models": "livekit-protocol",
    "matplotlib.backends.backend_agg": "matplotlib",
    "numpy": "numpy",
    "cv2": "opencv-python-headless",
    "pandas": "pandas",
    "platformdirs": "platformdirs",
    "prometheus_client.openmetrics.exposition": "prometheus-client",
    "psutil": "psutil",
    "pyarrow.parquet": "pyarrow",
    "pydantic": "pydantic",
    "jwt.algorithms": "pyjwt",
    "pylibsrtp": "pylibsrtp",
    "OpenSSL.SSL": "pyopenssl",
    "rich.console": "rich",
    "ruamel.yaml": "ruamel.yaml",
    "websockets.asyncio.client": "websockets",
}
"""Package by the module that is imported of it; click is there, or this would not run."""

OPTIONAL: Final[Mapping[str, tuple[str, str]]] = {
    "bjontegaard": ("reports", "BD-rates of a codec ladder"),
    "ruptures": ("reports", "trends"),
    "imageio_ffmpeg": ("vmaf", "VMAF"),
}
"""Extra and what it is for, by module."""

_SHOWN: Final = ("livekit", "livekit-protocol", "numpy", "opencv-python-headless", "pylibsrtp")
_IMPORT_S: Final = 60.0
# A line for each module when it is through: a module that ends the process is the one that follows.
_TRY: Final = """
import importlib, json, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        error = ""
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    sys.__stdout__.write(json.dumps([name, error]) + "\\n")
    sys.__stdout__.flush()
"""


def versions() -> Finding:
    """This package, Python, and the packages that matter most."""
    packages = ", ".join(f"{name} {_version(name)}" for name in _SHOWN)
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "versions", "ok", f"g2gbench {g2gbench.__version__}, Python {python}, {packages}"
    )


async def packages() -> list[Finding]:
    """A finding for each package that cannot be loaded; one of those that can."""
    modules = [*NEEDED, *OPTIONAL]
    errors = await _load_errors(modules)
    wrong = [_finding(module, errors[module]) for module in modules if errors[module]]
    loaded = f"{len(modules) - len(wrong)} of {len(modules)} load"
    return [Finding("packages", "ok", loaded), *wrong]


async def _load_errors(modules: Sequence[str]) -> dict[str, str]:
    """Return why each cannot be imported, empty where it can; native code may end its process."""
    errors: dict[str, str] = {}
    while rest := [name for name in modules if name not in errors]:
        reported, how = await _import(rest)
        errors |= reported
        left = [name for name in rest if name not in reported]
        if left:
            errors[left[0]] = f"importing it {how}"
    return errors


async def _import(modules: Sequence[str]) -> tuple[dict[str, str], str]:
    """Return the output of a process that imports them, and its exit status."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # never from the working directory
        "-c",
        _TRY,
        *modules,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    reported: dict[str, str] = {}
    try:
        async with asyncio.timeout(_IMPORT_S):
            async for line in process.stdout:
                name, error = json.loads(line)
                reported[name] = error
            status = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return reported, f"takes more than {_IMPORT_S:.0f} s"
    ended = f"by signal {-status}" if status < 0 else f"with status {status}"
    return reported, f"ends the process {ended}"


def _finding(module: str, error: str) -> Finding:
    absent = error.startswith("ModuleNotFoundError")
    if module in OPTIONAL:
        extra, what = OPTIONAL[module]
        detail = f"not there: no {what}" if absent else f"{what}: {_line(error)}"
        mend = f"pip install 'g2gbench[{extra}]'"
        return Finding(f"package {module}", "missing", detail, mend)
    package = NEEDED[module]
    if absent and _version(package) == _ABSENT:
        return Finding(
            f"package {package}", "missing", "not there", f"pip install {package}", needed=True
        )
    mend = (
        f"install the library that it names, if it names one; else "
        f"pip install --force-reinstall {package}"
    )
    detail = f"{package} {_version(package)} does not load: {_line(error)}"
    return Finding(f"package {package}", "missing", detail, mend, needed=True)


_ABSENT: Final = "missing"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return _ABSENT


def _line(text: str) -> str:
    return " ".join(text.split())
