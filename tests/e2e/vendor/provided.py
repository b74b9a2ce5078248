"""What the tests with the vendor's own SDKs need, and how to get it where it is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests import provisioning
from tests.e2e.livekit import needs_livekit_server

VENDOR_PYTHON = os.environ.get(provisioning.PYTHON_SDK_VARIABLE, "")
MODULES = Path(os.environ.get(provisioning.MODULES_VARIABLE, ""))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NODE = shutil.which("node")

needs_python_sdk = pytest.mark.skipif(
    not VENDOR_PYTHON,
    reason=(
        f"no {provisioning.PYTHON_SDK} in ${provisioning.PYTHON_SDK_VARIABLE}; "
        "to enable: python -m tests.provisioning"
    ),
)
needs_javascript_sdk = pytest.mark.skipif(
    not (MODULES / "@decartai").is_dir() or NODE is None or CHROMIUM is None,
    reason=(
        f"no @decartai/sdk in ${provisioning.MODULES_VARIABLE}, no node, or no chromium; "
        "to enable, with Node: python -m tests.provisioning, and apt-get install chromium"
    ),
)
ROOMS = ["embedded", pytest.param("livekit-server", marks=needs_livekit_server)]
