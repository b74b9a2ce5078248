from __future__ import annotations

import numpy as np

from g2gbench.measure.windows import WINDOW_NS, Series, media
from tests.measure.packet_logs import log, packet
from tests.measure.sessions import MS, SECOND


def series(*pairs: tuple[float, float]) -> Series:
    at_ns = np.array([round(at_s * SECOND) for at_s, _ in pairs], np.int64)
    return Series.ordered(at_ns, np.array([value for _, value in pairs]))


def test_values_are_put_into_the_order_of_their_moments() -> None:
    found = series((3, 30), (1, 10), (2, 20))
    assert found.values.tolist() == [10, 20, 30]
    assert len(found) == 3


def test_a_part_has_its_start_and_not_its_end() -> None:
    found = series((1, 10), (2, 20), (3, 30)).between(1 * SECOND, 3 * SECOND)
    assert found.values.tolist() == [10, 20]


def test_sums_are_those_between_each_start_and_its_end() -> None:
    starts = np.array([0, 1, 2]) * SECOND
    found = series((1, 10), (2, 20), (3, 30)).sums(starts, starts + WINDOW_NS + 1)
    assert found.tolist() == [10, 30, 50]


def test_a_median_is_of_the_second_before_and_needs_its_values() -> None:
    ends = np.array([1, 2, 3, 9]) * SECOND
    values = series((1.1, 10), (1.2, 20), (1.3, 90), (2.5, 7))
    assert values.medians(ends, 1).tolist()[1:3] == [20, 7]
    assert np.isnan(values.medians(ends, 1)[[0, 3]]).all()
    assert np.isnan(values.medians(ends, 2)[2])


def test_media_are_the_rtp_packets_of_a_direction_at_the_clients_end_of_the_link() -> None:
    packets = log(
        [
            packet(5 * MS, size=100),
            packet(1 * MS, size=200),
            packet(2 * MS, size=7, kind="rtcp"),
            packet(3 * MS, size=300, direction="downlink", through_ms=10),
            packet(4 * MS, size=400, direction="downlink", through_ms=None, fate="loss"),
        ]
    )
    up, down = media(packets, "uplink"), media(packets, "downlink")
    assert (up.at_ns.tolist(), up.values.tolist()) == ([1 * MS, 5 * MS], [200, 100])
    assert (down.at_ns.tolist(), down.values.tolist()) == ([13 * MS], [300])
