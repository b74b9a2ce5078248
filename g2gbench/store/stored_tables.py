"""Read a Parquet table that anything may have happened to, or say why it cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from g2gbench.errors import InputError
from g2gbench.measure.ledger import COLUMNS, OUTCOMES
from g2gbench.measure.packets import DIRECTIONS, FATES, KINDS
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.quality import Level

_Test = Callable[[pa.DataType], bool]

_LATER: Final = ("budget_", "displayed_ns", "psnr_displayed_db", "ssim_displayed")
"""Columns of the ledger, by their beginnings, that came after the first version."""

_TRUTHS: Final = ("late", "steady")
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {"outcome": OUTCOMES, "drop_phase": DROP_PHASES}
_MAY_MISS: Final = ("received_ns", "read_ns", "displayed_ns", "width", "height", "drop_phase")


def read_table(path: Path) -> pa.Table:
    """The table that a file holds; raises InputError for everything else."""
    if not path.is_file():
        raise InputError(f"{path} cannot be read as Parquet: there is no such file.")
    try:
        table = pq.read_table(path, partitioning=None)
        table.validate(full=True)
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{path} cannot be read as Parquet: {reason}") from error
    return table


def read_ledger(path: Path) -> pa.Table:
    """frames.parquet."""
    table = read_table(path)
    for name in COLUMNS:
        if name in table.column_names or not name.startswith(_LATER):
            _column(path, table, name, _ledger_test(name))
    for name in set(COLUMNS) & set(table.column_names):
        if not (name in _MAY_MISS or _is_number(name)) and table.column(name).null_count:
            raise _damaged(path, f"column {name} has gaps")
    for name, words in _WORDS.items():
        _one_of(path, table, name, words)
    delivered = table.filter(pc.equal(table.column("outcome"), "delivered"))
    if delivered.column("received_ns").null_count or delivered.column("g2g_ms").null_count:
        raise _damaged(path, "a delivered frame has no arrival")
    return table


def read_stats(path: Path) -> pa.Table:
    """rtcstats.parquet: whatever members the SDK told of, each a number, a word or a truth."""
    table = read_table(path)
    _column(path, table, "at_ns", pa.types.is_int64)
    if table.column("at_ns").null_count:
        raise _damaged(path, "column at_ns has gaps")
    for name in table.column_names:
        _column(path, table, name, _is_scalar)
        if name.startswith("outbound.") and name.endswith("bytes_sent"):
            _column(path, table, name, _is_figure)
    return table


def read_quality(path: Path, columns: Mapping[str, tuple[pa.DataType, str]]) -> pa.Table:
    """quality.parquet, with ``columns`` of these types."""
    table = read_table(path)
    for name, (kind, _) in columns.items():
        _column(path, table, name, kind.equals)
    for name in ("at_ns", "limiting_factor", "reasons", "unmeasured", "provisional"):
        if table.column(name).null_count:
            raise _damaged(path, f"column {name} has gaps")
    for name in ("level", "held"):
        _one_of(path, table, name, tuple(level.word for level in Level))
    return table


def read_packets(path: Path, columns: Mapping[str, str]) -> pa.Table:
    """packets.parquet, with ``columns``."""
    table = read_table(path)
    words = {"direction": DIRECTIONS, "kind": KINDS, "fate": FATES}
    for name in columns:
        test = pa.types.is_dictionary if name in words else pa.types.is_integer
        _column(path, table, name, test)
        if name not in ("due_ns", "left_ns") and table.column(name).null_count:
            raise _damaged(path, f"column {name} has gaps")
    for name, allowed in words.items():
        found = table.column(name).combine_chunks()
        if not set(found.dictionary.to_pylist()) <= set(allowed):
            raise _damaged(path, f"column {name} holds a word that is not one of its own")
    return table


def _ledger_test(name: str) -> _Test:
    if name in _WORDS:
        test: _Test = pa.types.is_string
    elif name in _TRUTHS:
        test = pa.types.is_boolean
    else:
        test = pa.types.is_floating if _is_number(name) else pa.types.is_integer
    return test


def _is_number(name: str) -> bool:
    return name.endswith(("_ms", "_db")) or name.startswith("ssim")


def _is_figure(kind: pa.DataType) -> bool:
    tests: tuple[_Test, ...] = (pa.types.is_integer, pa.types.is_floating, pa.types.is_null)
    return any(test(kind) for test in tests)


def _is_scalar(kind: pa.DataType) -> bool:
    return _is_figure(kind) or pa.types.is_string(kind) or pa.types.is_boolean(kind)


def _column(path: Path, table: pa.Table, name: str, test: _Test) -> None:
    if table.column_names.count(name) != 1:
        raise _damaged(path, f"it has not one column {name}")
    found = table.schema.field(name).type
    if not test(found):
        raise _damaged(path, f"column {name} holds {found}")


def _one_of(path: Path, table: pa.Table, name: str, words: tuple[str, ...]) -> None:
    found = pc.unique(table.column(name)).to_pylist()
    unknown = [word for word in found if word is not None and word not in words]
    if unknown:
        raise _damaged(path, f"column {name} holds {unknown[0]!r}; allowed: {', '.join(words)}")


def _damaged(path: Path, what: str) -> InputError:
    return InputError(f"{path} is damaged, or not g2gbench's: {what}.")
