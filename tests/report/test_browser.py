"""The page in a real browser: nothing is wider than the window of a phone or of a desktop."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.report.conftest import BUILDERS, Reported

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--virtual-time-budget=5000",
)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH; to enable: apt-get install chromium"
)

PROBE = """<!doctype html><meta charset="utf-8"><title>waiting</title>
{frames}
<script>
addEventListener("load", () => {{
  document.title = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument.documentElement;
    const shown = [...frame.contentDocument.querySelectorAll("figure svg")]
      .filter(svg => svg.getBoundingClientRect().width > 0).length;
    const figures = frame.contentDocument.querySelectorAll("figure").length;
    return [frame.width, page.scrollWidth, page.clientWidth, shown, figures].join("/");
  }}).join(" ");
}});
</script>"""


def test_no_page_is_wider_than_its_window(reported: Reported, tmp_path: Path) -> None:
    frames = [
        f'<iframe width="{width}" height="900" src="{html.escape(url)}"></iframe>'
        for state in BUILDERS
        for url in [(reported[state].path / "report.html").as_uri()]
        for width in (390, 1280)
    ]
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(frames="\n".join(frames)), encoding="utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            probe.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title
    measured = [[int(n) for n in entry.split("/")] for entry in title[1].split()]
    assert len(measured) == 2 * len(BUILDERS)
    for _, scroll_width, client_width, shown, figures in measured:
        assert scroll_width <= client_width
        assert shown == figures  # of its widths each figure shows the one that fits
