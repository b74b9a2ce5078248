"""Random damage to a stored run, the same for the same seed."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FOREIGN: tuple[Any, ...] = (
    None,
    True,
    "",
    "x",
    "../../etc",
    "2026-01-02T03:04:05",
    0,
    -1,
    3.5,
    10**30,
    1e300,
    [],
    ["x"],
    [[1]],
    {},
    {"x": 1},
)


_STORED = (".json", ".jsonl", ".parquet", ".bin")


def damage(run: Path, chance: random.Random) -> str:
    """Damage one file of a run, or put something in its place; what was done, in words."""
    files = sorted(
        path
        for path in run.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.suffix in (".json", ".jsonl", ".parquet")
    )
    if chance.random() < 0.08:
        place = chance.choice([path for path in run.rglob("*") if path.is_dir()])
        return f"folder_lost {place.relative_to(run)}: {folder_lost(place, chance)}"
    path = chance.choice(files)
    ways = [cut, scrambled, gone, looped, emptied, folder, foreign]
    if path.suffix == ".json":
        ways += [edited] * 8
    if path.suffix == ".jsonl":
        ways += [line_edited] * 3
    if path.suffix == ".parquet":
        ways += [other_table, column_gone, other_type, gaps, rows_gone, other_values]
    way = chance.choice(ways)
    return f"{way.__name__} {path.relative_to(run)}: {way(path, chance)}"


def folder_lost(path: Path, chance: random.Random) -> str:
    shutil.rmtree(path)
    how = chance.choice(["gone", "loop", "file", "up"])
    if how == "loop":
        path.symlink_to(path.name)
    elif how == "file":
        path.write_text("x", encoding="utf-8")
    elif how == "up":
        path.symlink_to(path.parent, target_is_directory=True)
    return how


def cut(path: Path, chance: random.Random) -> str:
    data = path.read_bytes()
    size = chance.randrange(len(data) + 1)
    path.write_bytes(data[:size])
    return f"to {size}"


def scrambled(path: Path, chance: random.Random) -> str:
    data = bytearray(path.read_bytes())
    places = [chance.randrange(len(data)) for _ in range(chance.randrange(1, 9)) if data]
    for place in places:
        data[place] = chance.randrange(256)
    path.write_bytes(bytes(data))
    return str(places)


def gone(path: Path, chance: random.Random) -> str:
    path.unlink()
    return ""


def looped(path: Path, chance: random.Random) -> str:
    path.unlink()
    path.symlink_to(path.name)
    return ""


def emptied(path: Path, chance: random.Random) -> str:
    path.write_bytes(b"")
    return ""


def folder(path: Path, chance: random.Random) -> str:
    path.unlink()
    path.mkdir()
    return ""


def foreign(path: Path, chance: random.Random) -> str:
    text = chance.choice(["[]", "null", "1", '"x"', "{}", "[" * 5000, "{" * 3, '{"a": NaN}'])
    path.write_text(text, encoding="utf-8")
    return text[:20]


def edited(path: Path, chance: random.Random) -> str:
    data = json.loads(path.read_text(encoding="utf-8"))
    said = _edit(data, chance)
    path.write_text(json.dumps(data), encoding="utf-8")
    return said


def line_edited(path: Path, chance: random.Random) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    at = chance.randrange(len(lines))
    data = json.loads(lines[at])
    said = _edit(data, chance)
    lines[at] = json.dumps(data)
    path.write_text("\n".join(lines), encoding="utf-8")
    return f"line {at}, {said}"


def _edit(data: Any, chance: random.Random) -> str:
    """Change one node: gone, another's value, or a value of another type."""
    nodes: list[tuple[Any, Any, str]] = []
    todo: list[tuple[Any, str]] = [(data, "")]
    while todo:
        node, place = todo.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            nodes.append((node, key, f"{place}.{key}"))
            if isinstance(node[key], dict | list):
                todo.append((node[key], f"{place}.{key}"))
    # Every depth has its turn, or the thousands of numbers would have them all.
    depth = chance.choice(sorted({place.count(".") for _, _, place in nodes}))
    parent, key, place = chance.choice([n for n in nodes if n[2].count(".") == depth])
    if chance.random() < 0.25:
        del parent[key]
        return f"{place} gone"
    other = chance.choice(nodes)
    value = other[0][other[1]] if chance.random() < 0.15 else chance.choice(FOREIGN)
    parent[key] = json.loads(json.dumps(value))
    return f"{place} = {str(value)[:40]}"


def other_table(path: Path, chance: random.Random) -> str:
    pq.write_table(pa.table({"a": [1, 2], "at_ns": ["x", "y"]}), path)
    return ""


def column_gone(path: Path, chance: random.Random) -> str:
    table = pq.read_table(path)
    name: str = chance.choice(table.column_names)
    pq.write_table(table.drop_columns([name]), path)
    return name


def other_type(path: Path, chance: random.Random) -> str:
    name, values = _column(path, chance)
    kind = chance.choice([pa.string(), pa.int64(), pa.float64(), pa.list_(pa.int64())])
    value = {pa.string(): "x", pa.int64(): 7, pa.float64(): 1e300}.get(kind, [1])
    _put(path, name, pa.array([value] * len(values), type=kind))
    return f"{name} {kind}"


def other_values(path: Path, chance: random.Random) -> str:
    """Some values of a column are others of its type."""
    name, values = _column(path, chance)
    told = values.to_pylist()
    other: dict[type, list[Any]] = {
        bool: [True, False],
        int: [0, -1, 2**31 - 1, 2**62],
        float: [0.0, -1.0, 1e300, float("nan"), float("inf")],
        str: ["", "delivered", "x"],
    }
    for at in range(len(told)):
        choices = other.get(type(told[at]), [None])
        if chance.random() < 0.3:
            told[at] = chance.choice([*choices, None])
    try:
        _put(path, name, pa.array(told, type=values.type))
    except (pa.ArrowException, OverflowError, TypeError):
        return f"{name} kept"
    return name


def gaps(path: Path, chance: random.Random) -> str:
    name, values = _column(path, chance)
    _put(path, name, pa.array([None] * len(values), type=values.type))
    return name


def rows_gone(path: Path, chance: random.Random) -> str:
    table = pq.read_table(path)
    size = chance.choice([0, 1, len(table) // 2])
    pq.write_table(table.slice(0, size), path)
    return str(size)


def _column(path: Path, chance: random.Random) -> tuple[str, pa.ChunkedArray]:
    table = pq.read_table(path)
    name = chance.choice(table.column_names)
    return name, table.column(name)


def _put(path: Path, name: str, values: pa.Array) -> None:
    table = pq.read_table(path)
    pq.write_table(table.set_column(table.column_names.index(name), name, values), path)
