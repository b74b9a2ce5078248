"""What the tests with the vendor's own SDKs need, and how to get it where it is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.livekit import needs_livekit_server

PYTHON_VARIABLE = "G2GBENCH_VENDOR_PYTHON"  # a Python that has the Python SDK
PYTHON_PACKAGE = "decart[realtime]==0.2.4"
MODULES_VARIABLE = "G2GBENCH_NODE_MODULES"  # a node_modules folder
NODE_PACKAGES = ("@decartai/sdk@0.1.20", "esbuild@0.28.2")

VENDOR_PYTHON = os.environ.get(PYTHON_VARIABLE, "")
MODULES = Path(os.environ.get(MODULES_VARIABLE, ""))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NODE = shutil.which("node")

needs_python_sdk = pytest.mark.skipif(
    not VENDOR_PYTHON,
    reason=(
        f"no ${PYTHON_VARIABLE}; to enable: python -m venv $HOME/decart && "
        f"$HOME/decart/bin/pip install '{PYTHON_PACKAGE}' && "
        f"export {PYTHON_VARIABLE}=$HOME/decart/bin/python"
    ),
)
needs_javascript_sdk = pytest.mark.skipif(
    not (MODULES / "@decartai").is_dir() or NODE is None or CHROMIUM is None,
    reason=(
        f"no @decartai/sdk in ${MODULES_VARIABLE}, no node, or no chromium; to enable, with Node: "
        f"npm install --prefix $HOME/node {' '.join(NODE_PACKAGES)} && "
        f"export {MODULES_VARIABLE}=$HOME/node/node_modules, and apt-get install chromium"
    ),
)
ROOMS = ["embedded", pytest.param("livekit-server", marks=needs_livekit_server)]
