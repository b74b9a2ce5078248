"""What the pure core of the link costs: a million packets in virtual time, stage by stage.

    python -m tests.benchmarks.link_core

Prints, for a Wi-Fi-like direction and for each stage alone, CPU microseconds a packet beside the
floor (a tuple through a heap, which is what any link with a delay has to do), and the peak memory
while packets stream through. The limit: a million packets of the Wi-Fi-like direction in 3 s.
"""

from __future__ import annotations

import time
import tracemalloc
from heapq import heappop, heappush
from typing import Final

from g2gbench.link.emulation import LinkEmulator, LinkSettings
from g2gbench.link.traces import Opportunities, Step, Steps

PACKETS: Final = 1_000_000
STAGE_PACKETS: Final = 200_000
GAP_NS: Final = 400_000  # 2500 packets a second of 1200 bytes: 24 Mbps
SIZE: Final = 1200

WIFI: Final = LinkSettings(capacity_bps=30e6, queue_s=0.1, delay_s=0.005, loss=0.01)
STAGES: Final = {
    "nothing": LinkSettings(),
    "delay": LinkSettings(delay_s=0.02),
    "overhead": LinkSettings(overhead_bytes=28),
    "capacity": LinkSettings(capacity_bps=30e6),
    "queue, overloaded": LinkSettings(capacity_bps=20e6, queue_s=0.1),
    "CoDel, overloaded": LinkSettings(capacity_bps=20e6, queue_discipline="codel"),
    "opportunities": LinkSettings(trace=Opportunities(tuple(at // 3 for at in range(3, 12_000)))),
    "steps": LinkSettings(trace=Steps((Step(0, 30e6), Step(1, 20e6, 0.01, 0.01)), 2)),
    "loss": LinkSettings(loss=0.01),
    "loss in bursts": LinkSettings(loss=0.01, avg_burst_loss_length=4),
    "jitter": LinkSettings(delay_s=0.02, jitter_s=0.005),
    "correlated jitter": LinkSettings(delay_s=0.02, jitter_s=0.005, jitter_correlation_s=0.1),
    "reordering": LinkSettings(delay_s=0.02, jitter_s=0.005, allow_reordering=True),
    "duplication": LinkSettings(duplication=0.01),
    "blackout": LinkSettings(blackout=True),
    "Wi-Fi": WIFI,
}


def stream(settings: LinkSettings, packets: int) -> int:
    """Let packets through as the relay does; how many fates came out."""
    direction, told, at_ns = LinkEmulator(settings, 1, 0), 0, 0
    for _ in range(packets):
        at_ns += GAP_NS
        direction.offer(SIZE, at_ns, None)
        told += len(direction.advance(at_ns))
    return told


def floor(packets: int) -> int:
    """The same packets through a heap alone."""
    heap: list[tuple[int, int, None, int, int]] = []
    told = 0
    for number in range(packets):
        heappush(heap, (number * GAP_NS, number, None, SIZE, number * GAP_NS))
        if number >= 50:
            told += len(heappop(heap)) > 0
    return told


def peak_bytes(settings: LinkSettings, packets: int) -> int:
    """The most memory that was in use at once while so many packets streamed through."""
    tracemalloc.start()
    try:
        stream(settings, packets)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main() -> None:
    """Print the tables."""
    start = time.process_time()
    stream(WIFI, PACKETS)
    print(f"{PACKETS} packets, Wi-Fi: {time.process_time() - start:.2f} s (limit 3 s)\n")
    start = time.process_time()
    floor(STAGE_PACKETS)
    least = (time.process_time() - start) / STAGE_PACKETS * 1e6
    print("| stage | µs a packet | times the floor |\n|---|---:|---:|")
    print(f"| floor: a heap | {least:.2f} | 1.0 |")
    for name, settings in STAGES.items():
        start = time.process_time()
        stream(settings, STAGE_PACKETS)
        each = (time.process_time() - start) / STAGE_PACKETS * 1e6
        print(f"| {name} | {each:.2f} | {each / least:.1f} |")
    few, many = (peak_bytes(WIFI, number) for number in (STAGE_PACKETS // 10, STAGE_PACKETS))
    print(f"\npeak memory, Wi-Fi: {few} bytes after {STAGE_PACKETS // 10} packets, ", end="")
    print(f"{many} after {STAGE_PACKETS}")


if __name__ == "__main__":
    main()
