"""One trial's directory: its journal while it runs, its tables when it has ended."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from g2gbench.analysis.trials import (
    STATUS_OF_ENDING,
    Attempt,
    TrialResult,
    TrialStatus,
    trial_result,
)
from g2gbench.errors import InputError
from g2gbench.measure.evaluate import Evaluation, evaluate
from g2gbench.measure.journal import Session, parse, parse_service_frames
from g2gbench.measure.packets import Packets
from g2gbench.measure.packets import parse as parse_packets
from g2gbench.measure.records import Cause, Record, ServiceFrame, encode
from g2gbench.quality.thresholds import DEFAULT_SETTINGS, Settings
from g2gbench.store.files import write_json, write_text
from g2gbench.store.redaction import Redactor
from g2gbench.store.shapes import TrialFile
from g2gbench.store.stored_json import read_json
from g2gbench.store.stored_tables import read_packets
from g2gbench.store.tables import (
    PACKET_COLUMNS,
    ledger_table,
    packets_table,
    quality_table,
    service_table,
    stats_table,
    table_packets,
    write_table,
)

JOURNAL = "journal.jsonl"
SERVICE_LOG = "service_frames.jsonl"
FRAMES = "frames.parquet"
RTCSTATS = "rtcstats.parquet"
QUALITY = "quality.parquet"
SERVICE_FRAMES = "service_frames.parquet"
PACKET_LOG = "packets.bin"
PACKETS = "packets.parquet"
EVENTS = "events.jsonl"
RESULT = "trial.json"


log = logging.getLogger(__name__)


class JournalWriter:
    """Appends lines; each is with the operating system when the call returns."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        self._file = path.open("ab", buffering=0)
        self._redactor = redactor

    def write(self, line: str) -> None:
        """Append one line, without its newline, rid of secrets."""
        self._file.write(f"{self._redactor.line(line)}\n".encode())

    def append(self, record: Record) -> None:
        """Append one record."""
        self.write(encode(record))

    def close(self) -> None:
        """Close the file; safe to call again."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Recorded:
    """Raw records of a trial."""

    session: Session
    service_frames: tuple[ServiceFrame, ...]
    packets: Packets | None = None

    def evaluate(
        self, cores: int | None = None, judging: Settings = DEFAULT_SETTINGS
    ) -> Evaluation:
        """The evaluation of the records, their quality under ``judging``."""
        return evaluate(
            self.session, self.service_frames, self.packets, settings=judging, cores=cores
        )


class TrialDirectory:
    """A trial that is being measured.

    ``journal`` takes its records; ``finish`` writes their evaluation. ``on_result`` is called with
    the result once everything is written; ``cores`` is how many the machine has, ``judging`` what
    the session's quality is judged with, ``attempts`` those made at this trial before. As a context
    manager it closes the journal, and rids the logs of secrets where an error ends the trial.
    """

    def __init__(
        self,
        path: Path,
        cell: str,
        repeat: int,
        *,
        redactor: Redactor,
        on_result: Callable[[TrialResult], None],
        cores: int | None,
        judging: Settings = DEFAULT_SETTINGS,
        attempts: Sequence[Attempt] = (),
    ) -> None:
        path.mkdir(parents=True)
        self.path = path
        self.cell = cell
        self.repeat = repeat
        self.journal = JournalWriter(path / JOURNAL, redactor)
        self._redactor = redactor
        self._on_result = on_result
        self._cores = cores
        self._judging = judging
        self._attempts = tuple(attempts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.journal.close()
        if error is not None:
            self._rid_logs_of_secrets()

    @property
    def service_log_path(self) -> Path:
        """Path of the model worker's frame log, one ``ServiceFrame`` a line."""
        return self.path / SERVICE_LOG

    @property
    def packet_log_path(self) -> Path:
        """Path of the link's packet log, one ``packets.PACKET`` a packet."""
        return self.path / PACKET_LOG

    @property
    def log_dir(self) -> Path:
        """Directory of the processes' logs, ``*.log``; rid of secrets at the end."""
        return self.path

    def finish(self, status: TrialStatus | None = None, message: str = "") -> TrialResult:
        """Build the ledger and write everything that is derived from the raw records.

        ``status`` None: as the journal ended; a trial that is ``ok`` but not valid is ``invalid``.
        trial.json comes last: where it is, all else is. Call it once, when the trial's processes
        have ended.
        """
        self.journal.close()
        recorded = read_records(self.path)
        evaluation = recorded.evaluate(self._cores, self._judging)
        result = settled(self.cell, self.repeat, recorded.session, evaluation, status, message)
        result = replace(result, attempts=self._attempts)
        self._rid_logs_of_secrets()
        try:
            self._write(recorded, evaluation, result)
        except OSError as error:  # a full disk: what it came to is known all the same
            log.warning("%s: its tables are not complete: %s", self.path, error.strerror or error)
        self._on_result(result)
        return result

    def _rid_logs_of_secrets(self) -> None:
        for file in sorted(self.path.glob("*.log")):
            try:
                self._redactor.file(file)
            except OSError:  # better no log than one with a key in it
                file.unlink(missing_ok=True)

    def _write(self, recorded: Recorded, evaluation: Evaluation, result: TrialResult) -> None:
        write_table(self.path / FRAMES, ledger_table(evaluation.ledger))
        write_table(self.path / RTCSTATS, stats_table(recorded.session.stats))
        write_table(self.path / QUALITY, quality_table(evaluation.judged))
        if recorded.service_frames:
            write_table(self.path / SERVICE_FRAMES, service_table(recorded.service_frames))
        if recorded.packets is not None:
            write_table(self.path / PACKETS, packets_table(recorded.packets))
            self.packet_log_path.unlink(missing_ok=True)  # the table holds all of it
        write_text(self.path / EVENTS, "".join(events(self.path)))
        write_json(self.path / RESULT, self._redactor.data(result.as_plain()))


def settled(
    cell: str,
    repeat: int,
    session: Session,
    evaluation: Evaluation,
    status: TrialStatus | None = None,
    message: str = "",
) -> TrialResult:
    """The result of a session that ended with ``status``, or as its journal says."""
    ended = session.ended
    if status is None:
        status = "failed" if ended is None else STATUS_OF_ENDING.get(ended.reason, "failed")
    if not message and ended is not None:
        message = ended.message
    if not message and ended is None:
        lost = [e for e in session.events if e.name == "process_lost"]
        message = str(lost[0].detail.get("reason", "")) if lost else "its process was cut off"
    cause: Cause = "" if ended is None else ended.cause
    return trial_result(cell, repeat, status, evaluation, message, cause)


def read_events(path: Path) -> Session:
    """Return the events of a trial that has ended, without frames and samples."""
    return parse(_lines(path / EVENTS))


def read_records(path: Path) -> Recorded:
    """The raw records of a trial's directory; a log that is missing is an empty one.

    Raises InputError for one that cannot be read.
    """
    service_frames, damaged = parse_service_frames(_lines(path / SERVICE_LOG))
    session = parse(_lines(path / JOURNAL))
    # A line of either that cannot be read hides frames: what the worker saw tells where one died.
    session = replace(session, damaged_lines=session.damaged_lines + damaged)
    return Recorded(session, service_frames, _packets(path))


def _packets(path: Path) -> Packets | None:
    """The link's log: as a table once the trial has ended, raw before that."""
    if (path / PACKETS).exists():
        return stored_packets(path)
    data = _bytes(path / PACKET_LOG)
    return None if data is None else parse_packets(data)


def stored_packets(path: Path) -> Packets | None:
    """The link's log of a trial that has ended; None where there was no link."""
    if not (path / PACKETS).exists():
        return None
    return table_packets(read_packets(path / PACKETS, PACKET_COLUMNS))


def events(path: Path) -> Iterable[str]:
    """The journal's lines that are neither frames nor samples: what happened, and when."""
    for line in _lines(path / JOURNAL):
        try:
            kind = json.loads(line)["kind"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if kind in ("started", "reached", "event", "counters", "ended"):
            yield f"{line}\n"


def read_result(path: Path) -> TrialResult | None:
    """Return the result in trial.json; None when the trial was cut off before it was written.

    Raises InputError for one that is there and cannot be read.
    """
    if not (path / RESULT).exists():
        return None
    return TrialResult.from_plain(read_json(path / RESULT, TrialFile))


def _lines(path: Path) -> Sequence[str]:
    data = _bytes(path)
    # A line cut off in the middle of a character is damaged, not a reason to stop.
    return () if data is None else data.decode(errors="replace").split("\n")


def _bytes(path: Path) -> bytes | None:
    """Return a file's bytes; None where there is none."""
    if not path.is_file():
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
