"""Hypothesis strategies that draw valid scenario documents."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from g2gbench.measure.registry import METRICS
from g2gbench.scenario import SERVICE_MODELS

Strategy = st.SearchStrategy[Any]

steady = settings(deadline=None, derandomize=True)
"""The same examples on every machine, and no failure because a machine is busy."""


def milliseconds(least: int, most: int) -> Strategy:
    amounts = st.integers(least, most)
    return st.one_of(
        amounts.map(lambda ms: f"{ms}ms"),
        amounts.map(lambda ms: f"{ms / 1000:.3f}s"),
        amounts.map(lambda ms: f"{ms * 1000} us"),
    )


def optional_keys(**fields: Strategy) -> Strategy:
    return st.fixed_dictionaries({}, optional=fields)


LETTERS = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="$\ufeff\uffff\ufffe"
)
TEXT = st.text(LETTERS | st.sampled_from("\n\t"), max_size=30)
PROMPT = TEXT.filter(bool)
NAME = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
RATE = st.integers(1, 120) | st.floats(1, 120)


def percentages(least: int, most: int) -> Strategy:
    return st.floats(least, most).map(lambda percent: f"{percent:.4f}%")


BITRATE = st.integers(10, 100_000).map(lambda kbps: f"{kbps}kbps")

QUEUE = st.one_of(
    milliseconds(1, 60_000),
    st.integers(1, 100_000).map(lambda n: f"{n}packets"),
    st.integers(1, 100_000).map(lambda n: f"{n}kB"),
)
LINK = st.fixed_dictionaries(
    {"capacity": BITRATE, "jitter": milliseconds(1, 1000), "loss": percentages(1, 50)},
    optional={
        "queue": QUEUE | st.none(),
        "queue_discipline": st.sampled_from(("drop-tail", "codel")),
        "overhead": st.integers(0, 1500).map(lambda n: f"{n}B"),
        "jitter_correlation": milliseconds(0, 60_000),
        "burst": st.floats(1, 1000).map(lambda n: f"{n:.3f} packets") | st.none(),
    },
) | optional_keys(
    delay=milliseconds(0, 10_000),
    jitter=milliseconds(0, 10_000),
    capacity=BITRATE | st.none(),
    loss=percentages(0, 100),
    duplication=percentages(0, 100),
    allow_reordering=st.booleans(),
    blackout=st.booleans(),
    trace=st.none(),
)
PROFILES = st.dictionaries(
    st.from_regex(r"my-[a-z]{1,8}", fullmatch=True),
    optional_keys(uplink=LINK, downlink=LINK, source=TEXT, description=TEXT),
    max_size=2,
)
NETWORK = optional_keys(
    profile=st.sampled_from(("none", "wifi", "lte-driving", "blackout")),
    uplink=LINK | st.none(),
    downlink=LINK | st.none(),
)
SIZE = st.tuples(st.integers(96, 1920), st.integers(16, 1080)).map(
    lambda halves: f"{2 * halves[0]}x{2 * halves[1]}"
)
MARKER = st.sampled_from(("auto", "v1", "v2"))
CONTENT = st.sampled_from(("street", "talking-head", "noise", "flat"))
PROCESSING = st.integers(0, 1000).flatmap(
    lambda mean: optional_keys(
        transform=st.sampled_from(("passthrough", "restyle", "mirror", None)),
        max_fps=RATE | st.none(),
    ).map(lambda rest: {**rest, "mean": f"{mean}ms", "spread": f"{mean // 2}ms"})
)


ROOM: Strategy = st.sampled_from(
    ("embedded", "livekit-server", {"kind": "livekit-server"})
) | st.builds(dict, kind=st.just("livekit-server"), command=PROMPT)


WITHIN_A_MINUTE = milliseconds(0, 60_000)
SERVICE_FAULTS = optional_keys(
    refuse_key=st.booleans(),
    queue=WITHIN_A_MINUTE,
    acks=st.sampled_from(("normal", "never", "error")),
    drop_after=WITHIN_A_MINUTE | st.none(),
    drop_after_messages=st.integers(1, 1000) | st.none(),
    kill_worker_after=WITHIN_A_MINUTE | st.none(),
    stall_after=WITHIN_A_MINUTE | st.none(),
    garbage=st.lists(st.sampled_from(("no-json", "huge", "binary")), max_size=4),
)


@st.composite
def target_and_source(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.one_of(
            ROOM.map(lambda room: {"kind": "loopback", "room": room}),
            st.just({"kind": "livekit", "url": "wss://h", "api_key": "***", "api_secret": "***"}),
        )
    )
    faults = draw(SERVICE_FAULTS)
    rest = {**kind, "processing": draw(PROCESSING), "service": {"faults": faults}}
    if draw(st.booleans()):
        model = draw(st.sampled_from(sorted(SERVICE_MODELS)))
        source = draw(optional_keys(size=SIZE, fps=RATE, marker=MARKER, content=CONTENT))
    else:
        model = draw(NAME)
        source = {"kind": "synthetic", "size": draw(SIZE), "fps": draw(RATE)}
    return {"target": {"model": model, **rest}, "source": source}


PUBLISH = optional_keys(
    codec=st.sampled_from(("vp8", "vp9", "h264", "av1", "h265")),
    max_bitrate=BITRATE,
    max_framerate=RATE,
    simulcast=st.booleans(),
)
STEPS = st.integers(0, 4095)
PLAYOUT = st.one_of(
    st.just("natural"),
    STEPS.map(lambda n: f"{n * 10}ms"),
    st.tuples(STEPS, STEPS).map(
        lambda pair: {"min": f"{min(pair) * 10}ms", "max": f"{max(pair) * 10}ms"}
    ),
)
SESSION = st.fixed_dictionaries(
    {"duration": milliseconds(60_000, 3_600_000)},
    optional={
        "warmup": milliseconds(0, 300_000),
        "playout_delay": PLAYOUT,
        "prompt": PROMPT | st.none(),
    },
)


@st.composite
def timelines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Entries 10 s apart, so that a repetition or an end stays before the next."""
    times = draw(st.lists(st.integers(0, 5), unique=True, max_size=4))
    lasting = {"network": NETWORK, "for": milliseconds(1, 999)}
    entries = st.one_of(
        st.fixed_dictionaries({"prompt": PROMPT}, optional={"network": NETWORK}),
        st.fixed_dictionaries(lasting),
        st.fixed_dictionaries(
            {**lasting, "every": milliseconds(1000, 2000), "count": st.integers(1, 4)}
        ),
    )
    return [{"at": f"{at}0s", **draw(entries)} for at in sorted(times)]


def bounds(amounts: Strategy, written: str, *, descending: bool = False) -> Strategy:
    return st.lists(amounts, min_size=3, max_size=3).map(
        lambda three: [written.format(n) for n in sorted(three, reverse=descending)]
    )


QUALITY = optional_keys(
    latency=optional_keys(
        g2g=bounds(st.integers(0, 60_000), "{}ms"),
        rtt=bounds(st.integers(0, 60_000), "{}ms"),
        relay_allowance=milliseconds(0, 60_000),
    ),
    loss=bounds(st.integers(0, 99), "{}.5%"),
    bandwidth=bounds(st.integers(0, 1000), "{}%", descending=True),
    stall=optional_keys(
        fps=st.lists(st.integers(0, 120), min_size=3, max_size=3).map(
            lambda three: sorted(three, reverse=True)
        ),
        drop_ratio=bounds(st.integers(0, 100), "{}%"),
    ),
    required_bitrate=BITRATE | st.none(),
    window=st.integers(1, 3600),
    warmup=st.integers(1, 3600),
    downgrade_after=st.integers(1, 3600),
    upgrade_after=st.integers(1, 3600),
)
EXPECTATION = st.tuples(
    st.sampled_from(sorted(METRICS)),
    st.sampled_from(("<", "<=", ">", ">=", "==", "!=")),
    st.floats(0.000001, 0.999999).map(lambda limit: f"{limit:.6f}"),
).map(" ".join)
MATRIX = optional_keys(
    **{
        "publish.codec": st.lists(
            st.sampled_from(("vp8", "vp9", "h264")), min_size=1, max_size=3, unique=True
        ),
        "session.warmup": st.lists(st.integers(0, 300), min_size=1, max_size=2, unique=True).map(
            lambda seconds: [f"{s}s" for s in seconds]
        ),
        "source.fps": st.lists(st.integers(1, 120), min_size=1, max_size=2, unique=True),
        "target.model": st.lists(
            st.sampled_from(("lucy-2.1", "lucy-restyle-2")), min_size=1, max_size=2, unique=True
        ),
        "network.uplink": st.just([{"delay": "1ms"}, {"delay": "2ms", "loss": "1%"}]),
    }
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A valid scenario document: required fields always, any subset of the others."""
    document = {"name": draw(NAME), **draw(target_and_source())}
    fields: dict[str, Strategy] = {
        "description": TEXT,
        "publish": PUBLISH,
        "profiles": PROFILES,
        "network": NETWORK,
        "client": st.just({"kind": "native"}),
        "quality": QUALITY,
        "matrix": MATRIX,
        "repeat": st.integers(1, 1000),
        "expect": st.lists(EXPECTATION, max_size=3),
        "seed": st.integers(0, 2**31 - 1),
    }
    document |= draw(optional_keys(**fields))
    if draw(st.booleans()):
        document |= {"session": draw(SESSION), "timeline": draw(timelines())}
    return document
