"""VMAF of the pictures that were kept, by an FFmpeg that was built with it.

The extra ``g2gbench[vmaf]`` brings one; another on PATH serves as well. Pairs go through one pipe,
the source above the picture, so that nothing is written to a disk.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

import numpy as np

from g2gbench.errors import InputError
from g2gbench.marker import Luma
from g2gbench.measure import fidelity_metrics
from g2gbench.process.environment import for_child

if TYPE_CHECKING:  # the measured client starts sooner without the scenario
    from g2gbench.scenario import Scenario

MODEL: Final = "vmaf_v0.6.1"
ENABLE: Final = (
    "pip install 'g2gbench[vmaf]' brings an FFmpeg with libvmaf, another one on PATH does, too"
)
LIMIT_S: Final = 60.0
"""How long one session's pictures may take."""


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of 0 to 100 over ``pairs`` pictures; ``version`` is that of libvmaf.

    ``p1`` and ``p5`` are their low percentiles, None of too few; ``harmonic`` is the mean that
    libvmaf calls so, of the scores plus 1.
    """

    mean: float
    pairs: int
    version: str
    p1: float | None
    p5: float | None
    harmonic: float | None


def find() -> str | None:
    """The path of an FFmpeg that has VMAF; None when there is none."""
    for path in (_packaged(), shutil.which("ffmpeg")):
        if path is None:
            continue
        done = subprocess.run(
            [path, "-hide_banner", "-filters"],
            capture_output=True,
            text=True,
            timeout=30,
            env=for_child(),
        )
        if " libvmaf " in done.stdout:
            return path
    return None


def check(scenarios: Iterable[Scenario]) -> None:
    """Raises InputError where a scenario wants VMAF and this machine has none."""
    if any(s.session.fidelity == "vmaf" for s in scenarios) and find() is None:
        raise InputError(f"session.fidelity: vmaf needs FFmpeg with libvmaf: {ENABLE}")


def score(pairs: Iterable[tuple[Luma, Luma]], executable: str) -> Score:
    """Hold each picture against its source, in the order in which they were shown.

    Args:
        pairs: (source, picture), all of one size.
        executable: what ``find`` found.

    Raises RuntimeError when FFmpeg fails or takes longer than LIMIT_S.

    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complained:
        count, status = _feed(iter(pairs), executable, output, complained)
        output.seek(0)
        complained.seek(0)
        if status:
            last = complained.read().decode(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"FFmpeg ended with status {status}: {''.join(last)}")
        scores = json.loads(output.read())
    values = [frame["metrics"]["vmaf"] for frame in scores["frames"]]
    if len(values) != count:
        raise RuntimeError(f"FFmpeg scored {len(values)} of {count} pictures")
    tails = dict(fidelity_metrics.tails(np.array(values), shift=1.0))
    return Score(
        mean=sum(values) / count,
        pairs=count,
        version=str(scores["version"]),
        **{name: value.value for name, value in tails.items()},
    )


def _feed(
    pairs: Iterator[tuple[Luma, Luma]],
    executable: str,
    output: IO[bytes],
    complained: IO[bytes],
) -> tuple[int, int]:
    """Return how many pairs FFmpeg was given, and its exit status."""
    first = next(pairs, None)
    if first is None:
        raise RuntimeError("there is no picture to score")
    height, width = first[0].shape
    process = subprocess.Popen(
        _command(executable, width, height),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=complained,
        env=for_child(),
    )
    assert process.stdin is not None
    count = 0
    limit = threading.Timer(LIMIT_S, process.kill)
    limit.start()
    try:
        # What it says when it ends early is in its status.
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            for pair in itertools.chain((first,), pairs):
                pipe.write(np.vstack(pair).data)
                count += 1
        if process.wait() == -signal.SIGKILL:
            raise RuntimeError(f"FFmpeg did not end within {LIMIT_S:g} s")
        return count, process.returncode
    finally:
        limit.cancel()
        process.kill()
        process.wait()


def _command(executable: str, width: int, height: int) -> list[str]:
    """Both pictures come in one frame of twice the height, in grey."""
    graph = (
        f"split[a][b];[a]crop={width}:{height}:0:0:exact=1[source];"
        f"[b]crop={width}:{height}:0:{height}:exact=1[shown];"
        f"[shown][source]libvmaf=model=version={MODEL}:n_threads=1:log_fmt=json:"
        "log_path=/dev/stdout"
    )
    raw = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{width}x{2 * height}", "-i", "pipe:0"]
    options = ["-hide_banner", "-loglevel", "error"]
    return [executable, *options, *raw, "-filter_complex", graph, "-f", "null", "-"]


def _packaged() -> str | None:
    """The path of the extra's FFmpeg."""
    try:
        import imageio_ffmpeg
    except ImportError:
        return None
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # it has none for this machine
        return None
