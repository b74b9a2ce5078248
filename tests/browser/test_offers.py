from __future__ import annotations

import os

import pytest

from g2gbench.browser import chromium
from g2gbench.browser.offers import Offers, ask, offers_of, version_of

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) HeadlessChrome/156.0.1.2 Safari"


def test_codecs_are_named_as_scenarios_name_them_and_each_once() -> None:
    listed = ["video/VP8", "video/rtx", "video/H264", "video/H264", "video/AV1", "video/red"]
    offers = offers_of(
        {"agent": AGENT, "codecs": [*listed, "video/ulpfec"], "decodes": ["video/flexfec-03"]}
    )
    assert offers == Offers("156.0.1.2", ("vp8", "h264", "av1"), ())


def test_an_agent_without_a_version_is_told_whole() -> None:
    assert version_of("Gecko/1.0") == "Gecko/1.0"


@pytest.mark.parametrize(
    ("codec", "why"),
    [
        ("vp8", ""),
        ("av1", "Chromium 156 does not encode av1; it encodes vp8, h264"),
        ("h264", "Chromium 156 does not decode h264; it decodes vp8, av1"),
    ],
)
def test_a_codec_needs_both_ways(codec: str, why: str) -> None:
    assert Offers("156", ("vp8", "h264"), ("vp8", "av1")).why_not(codec) == why


def test_a_browser_without_any_codec_says_so() -> None:
    assert Offers("156", (), ()).why_not("vp8").endswith("it encodes no video")


@pytest.mark.session
@pytest.mark.skipif(
    chromium.find(os.environ) is None, reason=f"no Chromium; to enable: {chromium.ENABLE}"
)
async def test_a_real_browser_is_asked_and_leaves_nothing_behind() -> None:
    command = chromium.find(os.environ)
    assert command is not None
    offers = await ask(command)
    assert offers.version.split(".")[0].isdecimal()
    assert {"vp8", "vp9"} <= set(offers.encodes) & set(offers.decodes)
    assert offers.why_not("vp8") == ""
