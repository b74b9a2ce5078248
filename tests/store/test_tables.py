from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from g2gbench.measure.ledger import COLUMNS, build
from g2gbench.measure.packets import PACKET
from g2gbench.measure.quality import Judged, timeline
from g2gbench.measure.records import ServiceFrame, Stats
from g2gbench.quality import Sample
from g2gbench.store.stored_tables import read_table
from g2gbench.store.tables import (
    PACKET_COLUMNS,
    QUALITY_COLUMNS,
    SERVICE_COLUMNS,
    ledger_table,
    packets_table,
    quality_table,
    service_table,
    stats_table,
    table_packets,
    table_quality,
    write_table,
)
from tests.measure import sessions
from tests.measure.packet_logs import log, packet
from tests.measure.sessions import seen


def test_the_ledger_is_stored_with_its_words_and_nulls(tmp_path: Path) -> None:
    table = ledger_table(build(sessions.session([seen(0), seen(2)], frames=3)))
    write_table(tmp_path / "frames.parquet", table)
    found = read_table(tmp_path / "frames.parquet").to_pydict()
    assert found["outcome"] == ["delivered", "dropped", "delivered"]
    assert found["drop_phase"] == [None, "unknown", None]
    assert found["g2g_ms"] == [100.0, None, 100.0]
    assert found["width"] == [1088, None, 1088]
    assert found["received_ns"][1] is found["read_ns"][1] is None
    assert found["psnr_db"] == [None] * 3
    assert found["steady"] == [True] * 3


def test_every_column_tells_its_meaning_and_the_table_its_version(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", ledger_table(build(sessions.session(frames=1))))
    schema = read_table(tmp_path / "t.parquet").schema
    assert schema.names == list(COLUMNS)
    assert schema.metadata[b"schema_version"] == b"1"
    for name, meaning in COLUMNS.items():
        assert schema.field(name).metadata == {b"meaning": meaning.encode()}


def test_an_empty_ledger_is_a_table_without_rows() -> None:
    assert len(ledger_table(build(sessions.session()))) == 0


def test_statistics_keep_the_type_of_each_member() -> None:
    table = stats_table(
        [
            Stats(1, {"a": 1, "b": 0.5, "c": "none", "d": True, "e": None, "f": 1, "g": 2**70}),
            Stats(2, {"a": 2, "b": 1, "f": "x"}),
        ]
    )
    assert table.to_pydict() == {
        "at_ns": [1, 2],
        "a": [1, 2],
        "b": [0.5, 1.0],
        "c": ["none", None],
        "d": [True, None],
        "e": [None, None],
        "f": ["1", "x"],
        "g": [float(2**70), None],
    }


def test_the_workers_frames_are_stored_field_by_field() -> None:
    assert list(SERVICE_COLUMNS) == [field.name for field in fields(ServiceFrame)]
    table = service_table([ServiceFrame(1, None, 7, 8, 9, dropped="fps_cap")])
    assert table.to_pylist() == [
        {
            "received_ns": 1,
            "number_in": None,
            "witness": 7,
            "width": 8,
            "height": 9,
            "number_out": None,
            "sent_ns": None,
            "dropped": "fps_cap",
            "degraded": "",
        }
    ]


def test_the_packet_log_is_read_back_as_the_link_wrote_it(tmp_path: Path) -> None:
    packets = log(
        [
            packet(5, timestamp=2**32 - 1, sequence=2**16 - 1, marker=True, ssrc=2**32 - 1),
            packet(6, through_ms=None, fate="queue", direction="downlink"),
            packet(7, kind="signalling", fate="copy", direction="downlink"),
        ]
    )
    write_table(tmp_path / "packets.parquet", packets_table(packets))
    table = read_table(tmp_path / "packets.parquet")
    assert table_packets(table).tolist() == packets.tolist()
    found = table.to_pydict()
    assert found["direction"] == ["uplink", "downlink", "downlink"]
    assert found["fate"] == ["passed", "queue", "copy"]
    assert found["left_ns"][1] is found["due_ns"][1] is None
    assert table.schema.names == list(PACKET_COLUMNS) == list(PACKET.names or ())


def test_an_empty_packet_log_is_a_table_without_rows() -> None:
    assert len(table_packets(packets_table(log([])))) == 0


def test_the_verdicts_of_a_session_come_back_as_they_were_judged(tmp_path: Path) -> None:
    stats = Stats(sessions.START + sessions.SECOND, {"remote_inbound.fraction_lost": 64})
    view = sessions.session([*(seen(i) for i in range(80)), stats], frames=80)
    judged = timeline(view, build(view))
    assert judged[0].sample.fraction_lost == 64
    write_table(tmp_path / "quality.parquet", quality_table(judged))
    table = read_table(tmp_path / "quality.parquet")
    assert table.column_names == list(QUALITY_COLUMNS)
    found = table_quality(table)
    first = replace(judged[0].sample, fraction_lost=0.25)  # stored as the share that it is
    assert found == (replace(judged[0], sample=first), *judged[1:])


def test_an_unknown_level_is_stored_as_null() -> None:
    unknown = Judged(1, Sample(), None, None, "none", ("nothing was measured",), ("loss",), True)
    table = quality_table([unknown])
    assert table.to_pydict()["level"] == table.to_pydict()["held"] == [None]
    assert table_quality(table) == (unknown,)
