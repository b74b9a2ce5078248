"""Advice on trials that ended early, by their cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from g2gbench.analysis.result import RunResult
from g2gbench.measure.records import Cause
from g2gbench.media.stamp_size import HOLDS_AFTER

STOPPED: Final = (
    "The session was stopped before its warm-up was over: nothing is wrong, and nothing of it "
    "counts. Start it again, and stop it once it measures."
)
_UNKNOWN: Final = "Read the trial's *.log files in the run directory, then run it again."
_BY_CAUSE: Final[Mapping[Cause, str]] = {
    "no_video": "The service sent no video. See whether it runs the model that was asked for, and "
    "whether this machine lets UDP in and out.",
    "no_marker": "Video came, but no marker that could be read. Let the service pass the marker on "
    "(for serve: --restamp always), raise publish.max_bitrate, or send pictures of the model's own "
    f"size; a size holds once {HOLDS_AFTER} frames in a row are read at it.",
    "page": "Leave the page open and in front until the session is over, then start it again.",
    "browser": "Run g2gbench doctor, which says whether a browser can be started here.",
    "camera": "Plug the camera in again, and see that no other program uses it.",
    "codec": "Choose a codec that this machine encodes: --set publish.codec=vp8.",
}


def of_endings(result: RunResult) -> Iterator[str]:
    """One remedy for each cause that is known; to read the logs where none is."""
    trials = list(result.trials)
    if trials and all(trial.status == "interrupted" for trial in trials):
        yield STOPPED
        return
    causes = {trial.cause for trial in trials if trial.status == "failed"}
    yield from [advice for cause, advice in _BY_CAUSE.items() if cause in causes] or [_UNKNOWN]
