from __future__ import annotations

import logging
from pathlib import Path

import pytest

from g2gbench.link.datagrams import RtpHeader
from g2gbench.link.emulation import Passage
from g2gbench.link.packet_log import PacketLog
from g2gbench.measure.packets import DIRECTIONS, FATES, KINDS, PACKET, parse

RECORD_BYTES = PACKET.itemsize


def _passage(number: int) -> Passage:
    return Passage(number, None, 100, number, number + 5, "passed")


def test_every_field_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    log = PacketLog(tmp_path / "log")
    header = RtpHeader(2**32 - 1, 2**31, 65535, 96, 1)
    log.add(_passage(2**40), 2**40 + 9, 1200, DIRECTIONS.index("downlink"), 0, header)
    log.add(Passage(3, None, 9, 2, -1, "blackout"), -1, 9, 0, KINDS.index("signalling"))
    log.close()
    first, second = parse((tmp_path / "log").read_bytes())
    assert first.tolist() == (
        2**40, 2**40 + 5, 2**40 + 9, 2**32 - 1, 2**31, 1200, 65535, 96, 1, 1, 0, 0,
    )  # fmt: skip
    code = FATES.index("blackout")
    assert second.tolist() == (2, -1, -1, 0, 0, 9, 0, 0, 0, 0, KINDS.index("signalling"), code)


def test_memory_holds_no_more_than_a_block(tmp_path: Path) -> None:
    log = PacketLog(tmp_path / "log")
    unwritten = 0
    for number in range(10_000):
        log.add(_passage(number), number, 1, 0, 0)
        written = (tmp_path / "log").stat().st_size
        unwritten = max(unwritten, (number + 1) * RECORD_BYTES - written)
    assert RECORD_BYTES < unwritten <= 1 << 16
    log.flush()
    assert (tmp_path / "log").stat().st_size == 10_000 * RECORD_BYTES
    log.flush()
    log.close()
    assert [int(x) for x in parse((tmp_path / "log").read_bytes())["arrived_ns"]] == list(
        range(10_000)
    )


def test_a_disk_that_takes_no_more_ends_the_log_and_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = PacketLog(Path("/dev/full"))
    with caplog.at_level(logging.WARNING):
        for number in range(7):
            log.add(_passage(number), number, 1, 0, 0)
        log.flush()
        log.add(_passage(7), 7, 1, 0, 0)
        log.close()
    assert log.lost == 8
    assert caplog.messages == ["the packet log cannot be written: No space left on device"]
