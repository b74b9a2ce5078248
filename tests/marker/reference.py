"""The v1 protocol written down sample by sample: the oracle for the package's own code, no more."""

from __future__ import annotations

from g2gbench.marker.luma import Luma

CELL_SIZES = (8, 4, 6, 2, 12, 10, 16, 5, 7, 14, 3)


def code_word(number: int) -> list[int]:
    nibbles = [number >> shift & 0xF for shift in (12, 8, 4, 0)]
    check = nibbles[0] ^ nibbles[1] ^ nibbles[2] ^ nibbles[3]
    bits = f"1010{number:016b}{check:04b}"
    return [int(bit) for bit in bits]


def stamp(luma: Luma, number: int) -> None:
    height = luma.shape[0]
    for row in range(4):
        top = height - (4 - row) * 8
        for column, bit in enumerate(code_word(number & 0xFFFF)):
            luma[top : top + 8, column * 8 : column * 8 + 8] = 200 if bit else 50


def read(luma: Luma) -> int | None:
    for size in CELL_SIZES:
        number = _read_at(luma, size)
        if number is not None:
            return number
    return None


def _read_at(luma: Luma, size: int) -> int | None:
    height, width = luma.shape
    if 24 * size > width or 4 * size > height:
        return None
    kept = []
    for row in range(4):
        y = min(height - (4 - row) * size + size // 2, height - 1)
        bits = [
            int(luma[y, min(column * size + size // 2, width - 1)] >= 128) for column in range(24)
        ]
        if bits[:4] == [1, 0, 1, 0]:
            kept.append(bits)
    if not kept:
        return None
    votes = [int(2 * sum(row[column] for row in kept) > len(kept)) for column in range(24)]
    number = int("".join(map(str, votes[4:20])), 2)
    return number if code_word(number) == votes else None
