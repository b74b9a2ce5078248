from __future__ import annotations

import struct

import numpy as np
import pytest

from g2gbench.measure.packets import DROPPING, FATES, PACKET, RECORD, parse
from tests.measure.packet_logs import log, packet


def test_a_record_written_with_struct_is_read_with_numpy() -> None:
    assert struct.calcsize(RECORD) == PACKET.itemsize
    values = packet(5, timestamp=2**32 - 1, sequence=2**16 - 1, marker=True, direction="downlink")
    (read,) = parse(struct.pack(RECORD, *values))
    assert read.item() == values


def test_a_record_that_was_cut_off_is_left_out() -> None:
    data = log([packet(1), packet(2)]).tobytes()
    assert parse(data[:-1])["arrived_ns"].tolist() == [1]
    assert len(parse(b"")) == 0


def test_what_is_dropped_is_a_fate() -> None:
    assert set(DROPPING) < set(FATES)
    assert np.dtype(PACKET).names is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("direction", 2),
        ("kind", 200),
        ("fate", 99),
        ("arrived_ns", 2**63 - 1),
        ("due_ns", -(2**63)),
    ],
)
def test_a_record_that_was_overwritten_is_left_out(name: str, value: int) -> None:
    packets = np.zeros(3, dtype=PACKET)
    packets["sequence"] = [1, 2, 3]
    packets[name][1] = value
    assert parse(packets.tobytes())["sequence"].tolist() == [1, 3]
