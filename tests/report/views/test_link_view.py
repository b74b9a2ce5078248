from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from g2gbench.report.figures import link_panels
from g2gbench.report.figures.drawing import LARGE
from g2gbench.report.figures.illustrate import figures_of
from g2gbench.report.figures.over_time import over_time
from g2gbench.report.figures.svg import inline
from g2gbench.report.formats import html_page
from g2gbench.report.views.link_view import STEP_S, LinkView, link_view, packets_of
from g2gbench.report.views.series import series_of
from g2gbench.store.reading import Run
from tests.measure.packet_logs import PER_FRAME, SIZE
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import FPS, Recipe

pytestmark = pytest.mark.integration

USUAL_MBPS = FPS * PER_FRAME * SIZE * 8 / 1e6


def view_of(run: Run) -> LinkView:
    found = link_view(run.trials[0], 0.0, 6.0)
    assert found is not None
    return found


def test_the_bitrate_is_that_of_the_media_at_the_clients_end(reported: Reported) -> None:
    view = view_of(reported["blackout"])
    assert len(view.edges_s) == len(view.mbps["uplink"]) + 1
    # A client goes on sending into the dark; what comes back stops.
    assert view.mbps["uplink"] == pytest.approx(USUAL_MBPS, rel=0.1)
    dark = (view.edges_s[:-1] >= 2.5) & (view.edges_s[1:] <= 3.0)
    assert (view.mbps["downlink"][dark] == 0).all()
    assert view.mbps["downlink"][0] == pytest.approx(USUAL_MBPS, rel=0.1)


def test_packets_that_the_link_dropped_are_counted_where_they_came(reported: Reported) -> None:
    view = view_of(reported["blackout"])
    assert view.drops == {"uplink": FPS, "downlink": 0}
    dark = (view.edges_s[:-1] >= 2.0) & (view.edges_s[1:] <= 3.5)
    assert view.dropped["uplink"][dark].sum() == FPS


def test_without_a_log_there_is_no_view(reported: Reported) -> None:
    assert link_view(reported["pass"].trials[0], 0.0, 6.0) is None
    assert link_view(reported["blackout"].trials[0], 0.0, 2 * STEP_S - 0.1) is None


def test_a_warm_up_that_was_never_over_has_no_view(tmp_path: Path) -> None:
    kept = runs.records(Recipe())
    warm = next(i for i, r in enumerate(kept) if getattr(r, "phase", "") == "measure")
    run = runs.store(tmp_path, {"default": [Recipe(cut=warm, link=True)]}, killed=True)
    assert packets_of(run.trials[0]) is not None  # read from the raw log
    assert link_view(run.trials[0], 0.0, 6.0) is None


def view(uplink: float, downlink: float) -> LinkView:
    dropped = {"uplink": np.array([uplink, 0.0]), "downlink": np.array([0.0, downlink])}
    return LinkView(np.array([0.0, 0.5, 1.0]), {n: v + 1 for n, v in dropped.items()}, dropped)


@pytest.mark.parametrize(
    ("uplink", "downlink", "said", "unit"),
    [
        (0, 0, "The link dropped no packet.", None),
        (1, 0, "The link dropped 1 packet of the uplink.", "per 0.5 s, uplink"),
        (0, 2, "The link dropped 2 packets of the downlink.", "per 0.5 s, downlink"),
        (
            3,
            2,
            "The link dropped 3 packets of the uplink and 2 packets of the downlink.",
            "per 0.5 s, dashed: downlink",
        ),
    ],
)
def test_what_was_dropped_is_told_in_words(
    uplink: float, downlink: float, said: str, unit: str | None
) -> None:
    link = view(uplink, downlink)
    assert link_panels.words(link) == said
    if unit:
        assert link_panels.drops_title(link)[1] == unit


def test_the_links_view_stands_below_the_latency(reported: Reported) -> None:
    text = reported.html("blackout")
    assert "media at the link" in text
    assert "dropped by the link" in text
    assert "video sent" not in text  # the same bits, told by the link
    assert "video sent" in reported.html("fail")
    (found,) = figures_of(reported["blackout"])
    assert found.over_time is not None
    assert "at 2.0 s uplink: blackout; at 3.0 s back to none." in found.over_time.alt
    assert "Blue ground: the timeline impairs the network." in found.over_time.caption
    assert "The link dropped 25 packets of the uplink." in found.over_time.caption


def test_a_link_that_dropped_nothing_has_no_panel_for_it(tmp_path: Path) -> None:
    run = runs.store(tmp_path, {"default": [Recipe(link=True)]})
    text = html_page.render(run)
    assert "The link dropped no packet." in text
    assert "media at the link" in text
    assert "dropped by the link" not in text
    assert series_of(run.trials[0]).impaired_s == ()


def test_losses_of_both_directions_share_a_panel(reported: Reported) -> None:
    series = series_of(reported["pass"].trials[0])
    svgs = [
        inline(over_time(series, None, "over-time", (LARGE,), link), 1)[0]
        for link in (view(3, 0), view(3, 2))
    ]
    dashed = [svg.count("stroke-dasharray") for svg in svgs]
    assert dashed[1] == dashed[0] + 1
    assert "per 0.5 s, dashed: downlink" in svgs[1]


def test_an_impairment_that_does_not_end_lasts_to_the_end(tmp_path: Path) -> None:
    run = runs.store(tmp_path, {"default": [Recipe(link=True, blackout=(4, 7))]})
    ((start_s, end_s),) = series_of(run.trials[0]).impaired_s
    assert start_s == pytest.approx(4.0)
    assert end_s == pytest.approx(6.0)
