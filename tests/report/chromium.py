"""Pages in a real browser: how wide they are, how they print, what they would load."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

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

NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH; to enable: apt-get install chromium"
)

WIDTHS = (390, 1280, 1920)
"""A phone, a laptop, a desktop; in pixels."""

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


def assert_fits_every_window(pages: Sequence[Path], folder: Path) -> None:
    """No page is wider than a window of any of the ``WIDTHS``, and each figure shows one drawing.

    ``folder`` takes what the browser needs.
    """
    frames = [
        f'<iframe width="{width}" height="900" src="{html.escape(page.as_uri())}"></iframe>'
        for page in pages
        for width in WIDTHS
    ]
    probe = folder / "probe.html"
    probe.write_text(PROBE.format(frames="\n".join(frames)), encoding="utf-8")
    assert CHROMIUM is not None
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [CHROMIUM, *FLAGS, profile, "--dump-dom", probe.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title
    measured = [[int(n) for n in entry.split("/")] for entry in title[1].split()]
    assert len(measured) == len(frames)
    for _, scroll_width, client_width, shown, figures in measured:
        assert scroll_width <= client_width
        assert shown == figures  # of its widths each figure shows the one that fits


class Strict(SimpleHTTPRequestHandler):
    """Files, under a policy that lets a page load nothing: what it tries is in the console."""

    def end_headers(self) -> None:
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        self.send_header("Content-Security-Policy", policy)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder's files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def print_page(url: str, folder: Path) -> tuple[bytes, str]:
    """The page as a PDF, and what Chromium logged."""
    assert CHROMIUM is not None
    printed = folder / "page.pdf"
    profile = f"--user-data-dir={folder / 'profile'}"
    logging = "--enable-logging=stderr"
    done = subprocess.run(
        [CHROMIUM, *FLAGS, logging, profile, f"--print-to-pdf={printed}", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )
    return printed.read_bytes(), done.stderr
