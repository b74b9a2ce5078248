"""Writes the packet log, block by block, as ``g2gbench.measure.packets`` lays it out."""

from __future__ import annotations

import logging
import struct
from pathlib import Path
from typing import Final

from g2gbench.link.datagrams import NO_HEADER, RtpHeader
from g2gbench.link.emulation import Passage
from g2gbench.measure.packets import FATES, RECORD

log = logging.getLogger(__name__)
_BLOCK_BYTES: Final = 1 << 16
_pack = struct.Struct(RECORD).pack
_FATE_CODES: Final = {fate: code for code, fate in enumerate(FATES)}


class PacketLog:
    """One record for each packet. Holds no more than a block in memory.

    A disk that takes no more ends the log, not the link: ``lost`` counts the records that are
    missing from then on. What was written before can be read.
    """

    def __init__(self, path: Path) -> None:
        self.lost = 0
        self._file = path.open("wb", buffering=0)
        self._block = bytearray()
        self._records = 0  # in the block
        self._broken = False

    def add(
        self,
        passage: Passage,
        left_ns: int,
        size: int,
        direction: int,
        kind: int,
        header: RtpHeader = NO_HEADER,
    ) -> None:
        """Note a packet's fate.

        Args:
            passage: what the core says.
            left_ns: when it was handed to the socket; -1: it was not.
            size: bytes of its payload.
            direction: index into ``packets.DIRECTIONS``.
            kind: index into ``packets.KINDS``.
            header: of RTP.

        """
        self._records += 1
        self._block += _pack(
            passage.arrived_ns,
            passage.due_ns,
            left_ns,
            header.timestamp,
            header.ssrc,
            size,
            header.sequence,
            header.payload_type,
            header.marker,
            direction,
            kind,
            _FATE_CODES[passage.fate],
        )
        if len(self._block) >= _BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory."""
        block, records = self._block, self._records
        self._block, self._records = bytearray(), 0
        if not records:
            return
        try:
            # A short write would shift every record behind it: the log ends there.
            if not self._broken and self._file.write(block) == len(block):
                return
        except OSError as error:
            log.warning("the packet log cannot be written: %s", error.strerror)
        self._broken = True
        self.lost += records

    def close(self) -> None:
        """Write the rest and close the file."""
        self.flush()
        self._file.close()
