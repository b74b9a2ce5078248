"""Parquet tables of a trial, each column with its unit or meaning in the column's metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from g2gbench.measure.journal import ABSENT
from g2gbench.measure.ledger import COLUMNS, OUTCOMES, Ledger
from g2gbench.measure.packets import DIRECTIONS, FATES, KINDS, PACKET, Packets
from g2gbench.measure.quality import Judged
from g2gbench.measure.records import ServiceFrame, Stats
from g2gbench.measure.registry import DROP_PHASES
from g2gbench.quality import Level, Sample
from g2gbench.store.files import write_atomically

SCHEMA_VERSION: Final = "1"

_CODED: Final[Mapping[str, Sequence[str]]] = {"outcome": OUTCOMES, "drop_phase": DROP_PHASES}
_NULLABLE: Final = ("received_ns", "read_ns", "displayed_ns", "width", "height")

SERVICE_COLUMNS: Final[Mapping[str, tuple[pa.DataType, str]]] = {
    "received_ns": (pa.int64(), "ns, monotonic: frame handed to the model worker"),
    "number_in": (pa.int32(), "number read from the marker; null: unreadable"),
    "witness": (pa.int64(), "frame_id of the metadata trailer; null: none"),
    "width": (pa.int32(), "pixels of the frame received"),
    "height": (pa.int32(), "pixels of the frame received"),
    "number_out": (pa.int32(), "number stamped again; null: not stamped"),
    "sent_ns": (pa.int64(), "ns, monotonic: frame sent on; null: not sent"),
    "dropped": (pa.string(), "why it was not sent on; empty for a frame that was"),
    "degraded": (pa.string(), "what a fault made of its picture; empty: nothing"),
}

QUALITY_COLUMNS: Final[Mapping[str, tuple[pa.DataType, str]]] = {
    "at_ns": (pa.int64(), "ns, monotonic: end of the second that is judged"),
    "level": (pa.string(), "level of this second alone; null: unknown"),
    "held": (pa.string(), "level of the verdict, after smoothing; null: unknown"),
    "limiting_factor": (pa.string(), "what limits the verdict"),
    "reasons": (pa.list_(pa.string()), "the verdict's reasons in words"),
    "unmeasured": (pa.list_(pa.string()), "dimensions without any value"),
    "provisional": (pa.bool_(), "the evaluator was still warming up"),
    "rtt_ms": (pa.float64(), "ms: round trip to the far end; null: not measured"),
    "relayed": (pa.bool_(), "a selected candidate is a relay"),
    "g2g_ms": (pa.float64(), "ms: median g2g of the frames first seen in this second"),
    "g2g_drop_ratio": (pa.float64(), "0..1: frames dropped, as known by the end of this second"),
    "fraction_lost": (pa.float64(), "0..1: share of the outbound packets lost"),
    "available_bitrate_bps": (pa.float64(), "bit/s: the sender's estimate"),
    "inbound_fps": (pa.float64(), "1/s: frames first seen in this second"),
    "freeze": (pa.bool_(), "the picture froze"),
    "quality_limitation": (pa.string(), "W3C qualityLimitationReason"),
    "ttff_ms": (pa.float64(), "ms: not part of a session's samples"),
}
"""Columns of quality.parquet with their type and their unit or meaning."""

_SAMPLE: Final = tuple(each.name for each in fields(Sample))

PACKET_COLUMNS: Final[Mapping[str, str]] = {
    "arrived_ns": "ns, monotonic: read from the socket by the link",
    "due_ns": "ns, monotonic: when the link decided that it leaves; null: dropped or held",
    "left_ns": "ns, monotonic: handed to the socket by the link; null: dropped or held",
    "rtp_timestamp": "RTP timestamp, 90 kHz; 0 unless kind is rtp",
    "ssrc": "RTP source; 0 unless kind is rtp",
    "size": "bytes of UDP payload, or of one signalling message",
    "sequence": "RTP sequence number; 0 unless kind is rtp",
    "payload_type": "RTP payload type; 0 unless kind is rtp",
    "marker": "RTP marker bit: last packet of a frame",
    "direction": "uplink or downlink, seen from the measured client",
    "kind": "what the packet is",
    "fate": "what the link did with it",
}
"""Columns of the link's packet log with their unit or meaning."""

_CODED_PACKET: Final[Mapping[str, Sequence[str]]] = {
    "direction": DIRECTIONS,
    "kind": KINDS,
    "fate": FATES,
}

_NULLABLE_PACKET: Final = ("due_ns", "left_ns")

_CONVERSIONS: Final[Mapping[pa.DataType, Callable[[Any], Any]]] = {
    pa.string(): str,
    pa.float64(): float,
}


def ledger_table(ledger: Ledger) -> pa.Table:
    """frames.parquet: one row per captured frame, null where nothing was measured."""
    columns, schema = [], []
    for name, values in ledger.columns().items():
        column = _ledger_column(name, values)
        columns.append(column)
        schema.append(_field(name, column.type, COLUMNS[name]))
    return _table(columns, schema)


def stats_table(stats: Sequence[Stats]) -> pa.Table:
    """rtcstats.parquet: one row a snapshot, one column a member, units as the W3C defines them."""
    names = sorted({name for snapshot in stats for name in snapshot.values})
    columns = [pa.array([s.at_ns for s in stats], type=pa.int64())]
    schema = [_field("at_ns", pa.int64(), "ns, monotonic: when the statistics were taken")]
    for name in names:
        values = [snapshot.values.get(name) for snapshot in stats]
        kind = _type_of([value for value in values if value is not None])
        convert = _CONVERSIONS.get(kind)
        if convert is not None:
            values = [None if value is None else convert(value) for value in values]
        columns.append(pa.array(values, type=kind))
        schema.append(_field(name, kind, "as the W3C defines it, in snake_case"))
    return _table(columns, schema)


def service_table(frames: Sequence[ServiceFrame]) -> pa.Table:
    """service_frames.parquet: one row per frame that the model worker handled."""
    columns, schema = [], []
    for field in fields(ServiceFrame):
        kind, meaning = SERVICE_COLUMNS[field.name]
        columns.append(pa.array([getattr(frame, field.name) for frame in frames], type=kind))
        schema.append(_field(field.name, kind, meaning))
    return _table(columns, schema)


def quality_table(judged: Sequence[Judged]) -> pa.Table:
    """quality.parquet: one row a second, the sample and what it was judged to be."""
    columns, schema = [], []
    for name, (kind, meaning) in QUALITY_COLUMNS.items():
        if name == "fraction_lost":
            values: list[Any] = [one.sample.loss for one in judged]
        else:
            values = [getattr(one.sample if name in _SAMPLE else one, name) for one in judged]
        plain = [value.word if isinstance(value, Level) else value for value in values]
        columns.append(pa.array(plain, type=kind))
        schema.append(_field(name, kind, meaning))
    return _table(columns, schema)


def table_quality(table: pa.Table) -> tuple[Judged, ...]:
    """The seconds of quality.parquet, as they were judged."""
    return tuple(_judged(row) for row in table.to_pylist())


def _judged(row: Mapping[str, Any]) -> Judged:
    return Judged(
        at_ns=row["at_ns"],
        sample=Sample(**{name: row[name] for name in _SAMPLE}),
        level=None if row["level"] is None else Level.of(row["level"]),
        held=None if row["held"] is None else Level.of(row["held"]),
        limiting_factor=row["limiting_factor"],
        reasons=tuple(row["reasons"]),
        unmeasured=tuple(row["unmeasured"]),
        provisional=row["provisional"],
    )


def packets_table(packets: Packets) -> pa.Table:
    """packets.parquet: one row per packet of the measured client, in the order of their fates."""
    columns, schema = [], []
    for name, meaning in PACKET_COLUMNS.items():
        values = np.ascontiguousarray(packets[name])
        if name in _CODED_PACKET:
            words = pa.array(_CODED_PACKET[name])
            column: Any = pa.DictionaryArray.from_arrays(values.astype(np.int8), words)
        elif name in _NULLABLE_PACKET:
            column = pa.array(values, mask=values == ABSENT)
        else:
            column = pa.array(values)
        columns.append(column)
        schema.append(_field(name, column.type, meaning))
    return _table(columns, schema)


def table_packets(table: pa.Table) -> Packets:
    """The packets of packets.parquet, as the link wrote them."""
    packets = np.empty(len(table), dtype=PACKET)
    for name in PACKET_COLUMNS:
        column = table.column(name).combine_chunks()
        if name in _CODED_PACKET:
            codes = [_CODED_PACKET[name].index(word) for word in column.dictionary.to_pylist()]
            packets[name] = np.array(codes, dtype=np.uint8)[column.indices.to_numpy()]
        elif name in _NULLABLE_PACKET:
            packets[name] = column.fill_null(ABSENT).to_numpy()
        else:
            packets[name] = column.to_numpy()
    return packets


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table atomically."""
    write_atomically(path, lambda beside: pq.write_table(table, beside, compression="zstd"))


def _ledger_column(name: str, values: np.ndarray[Any, Any]) -> pa.Array:
    if name in _CODED:
        spelled = np.array([*_CODED[name], ""], dtype=object)[values]  # -1 takes the last one
        return pa.array(spelled, mask=values == ABSENT, type=pa.string())
    if name in _NULLABLE:
        return pa.array(values, mask=values == ABSENT)
    if values.dtype.kind == "f":
        return pa.array(values, mask=np.isnan(values))
    return pa.array(values)


def _type_of(values: Sequence[object]) -> pa.DataType:
    if values and all(isinstance(value, bool) for value in values):
        return pa.bool_()
    if not values:
        return pa.null()
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in values):
        return pa.string()
    whole = all(isinstance(value, int) and abs(value) < 2**63 for value in values)
    return pa.int64() if whole else pa.float64()


def _field(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    return pa.field(name, kind, metadata={"meaning": meaning})


def _table(columns: Sequence[pa.Array], schema: Sequence[pa.Field]) -> pa.Table:
    described = pa.schema(schema, metadata={"schema_version": SCHEMA_VERSION})
    return pa.Table.from_arrays(list(columns), schema=described)
