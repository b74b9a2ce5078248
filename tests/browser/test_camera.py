"""The markers that a page's camera is given ahead of its frames."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import numpy as np

from g2gbench import marker
from g2gbench.browser import drawing
from g2gbench.browser.camera import CameraStream
from g2gbench.browser.pictures import AHEAD
from g2gbench.sources.elsewhere import ElsewhereSource
from tests.browser.pages import Taking

ORDER = struct.Struct("<IIIId")
BLOCK = 192 * 32


async def test_markers_alone_go_ahead_and_each_can_be_read() -> None:
    page: Any = Taking()
    stream = CameraStream(
        ElsewhereSource(640, 360, 30),
        page,
        mirrored=False,
        marker=marker.get("v2"),
        first_number=2**24 - 1,
        on_record=lambda _: None,
        on_frame_id=lambda _: None,
    )
    stream.start()
    found: list[tuple[int, int | None]] = []
    while len(found) < AHEAD:
        message = await asyncio.wait_for(page.messages.get(), 10)
        assert struct.unpack_from("<I", message)[0] == drawing.ORDERS
        for begin in range(8, len(message), ORDER.size + BLOCK):
            frame_id, steps, width, height, _ = ORDER.unpack_from(message, begin)
            assert (steps, width, height) == (0, 192, 32)
            luma = np.frombuffer(message, np.uint8, BLOCK, begin + ORDER.size)
            found.append((frame_id, marker.get("v2").read(luma.reshape(32, 192))))
    numbers = [(i, (2**24 - 1 + i) % 2**24) for i in range(AHEAD)]  # it wraps
    assert found == numbers
    stream.dispose()
