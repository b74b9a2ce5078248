"""Commands that stand in for livekit-server where no real one behaves so badly on request."""

from __future__ import annotations

import sys
from pathlib import Path

_SCRIPT = """\
#!{python}
import http.server, json, os, pathlib, signal, sys
starts = pathlib.Path(__file__).with_suffix(".starts")
with starts.open("a") as file:
    file.write(os.environ["LIVEKIT_CONFIG"] + "\\n")
mode = {mode!r}
signals = []
def heard(*_):
    signals.append(1)
    if mode == "drains" and len(signals) == 2:
        os._exit(0)
if mode in ("drains", "stubborn"):
    signal.signal(signal.SIGTERM, heard)
if mode == "exits":
    sys.exit(3)
while mode == "silent":
    signal.pause()
asked = []
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(1)
        self.send_response(406 if mode == "late" and len(asked) < 3 else 200)
        self.end_headers()
        self.wfile.write(b"OK")
    def do_POST(self):
        self.send_response(200 if mode != "late" or len(asked) >= 3 else 500)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
class Server(http.server.HTTPServer):
    allow_reuse_address = False
port = json.loads(os.environ["LIVEKIT_CONFIG"])["port"]
Server(("127.0.0.1", port), Handler).serve_forever()
"""


def stand_in(directory: Path, mode: str = "serves") -> Path:
    """A command of that behaviour.

    ``serves``: ends at SIGTERM; ``drains``: at the second; ``stubborn``: at none; ``late``: is not
    ready when it is asked for the first two times; ``silent``: never listens; ``exits``: at once,
    with status 3. One that serves ends when its port is taken.
    """
    path = directory / f"server-{mode}"
    path.write_text(_SCRIPT.format(python=sys.executable, mode=mode))
    path.chmod(0o755)
    return path


def starts(command: Path) -> list[str]:
    """The configuration of each time that it was started."""
    return command.with_suffix(".starts").read_text().splitlines()
