"""Rules between fields that are valid on their own, and the defaults they leave open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from g2gbench.scenario.fields.quantities import DURATION, PACKETS
from g2gbench.scenario.fields.rules import Name
from g2gbench.scenario.fields.section import Section
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.sections import LoopbackTarget, NetworkSection, WorkerTarget
from g2gbench.scenario.model.timeline import Finding, check_timeline
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.network.profiles import PROFILES
from g2gbench.scenario.network.traces import Figure
from g2gbench.scenario.problems import Location, Refused, nearest_name
from g2gbench.service_models import SERVICE_MODELS


def check(scenario: Scenario) -> Iterator[Finding]:
    """Everything that contradicts itself in a scenario (of one cell), with its location."""
    yield from _check_model(scenario)
    yield from _check_source(scenario)
    yield from _check_client(scenario)
    yield from _check_processing(scenario)
    yield from _check_service(scenario)
    yield from _check_room(scenario)
    yield from _check_playout_delay(scenario)
    yield from _check_profiles(scenario)
    yield from _check_networks(scenario)
    yield from check_timeline(scenario)


def _check_model(scenario: Scenario) -> Iterator[Finding]:
    model, source = scenario.target.model, scenario.source
    if model in SERVICE_MODELS or (source.size is not None and source.fps is not None):
        return
    yield (
        ("target", "model"),
        Refused(
            "not a model of the service, so source.size and source.fps must be given",
            allowed=tuple(SERVICE_MODELS),
            nearest=nearest_name(model, SERVICE_MODELS),
        ),
    )


def _check_source(scenario: Scenario) -> Iterator[Finding]:
    source = scenario.source
    if source.kind == "file" and source.path is None:
        yield ("source", "path"), Refused("missing", allowed=("the path of a video",))
    others = {
        "content": ("synthetic", source.content != "street"),
        "path": ("file", source.path is not None),
        "device": ("camera", source.device is not None),
    }
    for name, (kind, given) in others.items():
        if given and source.kind != kind:
            refused = Refused(f"a {source.kind} source has none", allowed=(f"kind: {kind}",))
            yield ("source", name), refused


def _check_client(scenario: Scenario) -> Iterator[Finding]:
    """Yield what a client does not do must not be measured as something else."""
    if scenario.client.kind != "browser":
        if scenario.client.display:
            refused = Refused(
                "the native client hands frames to no display: only a page's browser tells when "
                "one was presented",
                allowed=("false", "kind: browser beside it"),
            )
            yield ("client", "display"), refused
        if scenario.client.content_hint != "none":
            refused = Refused(
                "the native client's package takes no hint: only a page's browser does",
                allowed=("none", "kind: browser beside it"),
            )
            yield ("client", "content_hint"), refused
        return
    if scenario.source.kind == "camera":
        refused = Refused("a page takes no camera yet", allowed=("synthetic", "file"))
        yield ("source", "kind"), refused
    if scenario.publish.simulcast:
        refused = Refused("a page sends one encoding", allowed=("false",))
        yield ("publish", "simulcast"), refused


def _check_processing(scenario: Scenario) -> Iterator[Finding]:
    if not isinstance(scenario.target, WorkerTarget):
        return
    processing = scenario.target.processing
    if processing.spread > processing.mean:
        most = DURATION.write(processing.mean)
        yield (
            ("target", "processing", "spread"),
            Refused("a processing time cannot be negative", allowed=(f"at most mean, {most}",)),
        )
    faults = processing.faults
    if bool(faults.freeze) != bool(faults.freeze_every):
        there, absent = ("freeze", "freeze_every") if faults.freeze else ("freeze_every", "freeze")
        yield (
            ("target", "processing", "faults", there),
            Refused(f"without {absent} it has no effect", allowed=(f"{absent} beside it",)),
        )


def _check_service(scenario: Scenario) -> Iterator[Finding]:
    if not isinstance(scenario.target, WorkerTarget):
        return
    for name, absent in scenario.target.service.faults.without_effect():
        yield (
            ("target", "service", "faults", name),
            Refused(f"without {absent} it has no effect", allowed=(f"{absent} beside it",)),
        )


def _check_room(scenario: Scenario) -> Iterator[Finding]:
    if not isinstance(scenario.target, LoopbackTarget):
        return
    room = scenario.target.room
    if room.kind == "embedded" and room.command is not None:
        yield (
            ("target", "room", "command"),
            Refused("the embedded room has no command", allowed=("kind: livekit-server",)),
        )


def _check_playout_delay(scenario: Scenario) -> Iterator[Finding]:
    delay = scenario.session.playout_delay
    if delay is not None and delay.min > delay.max:
        least = DURATION.write(delay.min)
        yield (
            ("session", "playout_delay", "max"),
            Refused("less than min", allowed=(f"{least} or more",)),
        )


def _check_profiles(scenario: Scenario) -> Iterator[Finding]:
    for name in scenario.profiles:
        if name in PROFILES:
            refused = Refused(f'"{name}" is a built-in profile', allowed=("another name",))
            yield ("profiles", name), refused
        else:
            try:
                Name().parse(name)
            except Refused as refused:
                yield ("profiles", name), refused


def _check_networks(scenario: Scenario) -> Iterator[Finding]:
    networks: list[tuple[Location, NetworkSection]] = [(("network",), scenario.network)]
    for index, entry in enumerate(scenario.timeline):
        if entry.network is not None:
            networks.append((("timeline", index, "network"), entry.network))
    known = scenario.all_profiles
    for location, network in networks:
        if network.profile not in known:
            nearest = nearest_name(network.profile, known)
            yield (*location, "profile"), Refused(allowed=tuple(known), nearest=nearest)
        yield from _check_directions(location, network.uplink, network.downlink)
    for name, profile in scenario.profiles.items():
        yield from _check_directions(("profiles", name), profile.uplink, profile.downlink)


def _check_directions(location: Location, *pair: LinkSection | None) -> Iterator[Finding]:
    for direction, link in zip(("uplink", "downlink"), pair, strict=True):
        for field, refused in check_link(link) if link is not None else ():
            yield (*location, direction, field), refused


def settle(scenario: Scenario) -> Scenario:
    """Fill the defaults that depend on other fields: size, rate, framerate limit, transform.

    A scenario whose matrix varies ``target`` or ``source`` keeps them open: its cells settle them.
    """
    varied = {path.partition(".")[0] for path in scenario.matrix}
    target, source = scenario.target, scenario.source
    if varied & {"target", "source"} or not isinstance(target, WorkerTarget):
        return scenario
    publish = scenario.publish
    processing = target.processing.model_copy(update={"transform": scenario.transform})
    update: dict[str, Section] = {
        "target": target.model_copy(update={"processing": processing}),
        "source": source.model_copy(update=_source_defaults(scenario)),
    }
    own_times = source.kind == "file" and source.fps is None
    if publish.max_framerate is None and "publish" not in varied and not own_times:
        update["publish"] = publish.model_copy(update={"max_framerate": scenario.fps})
    return scenario.model_copy(update=update)


def _source_defaults(scenario: Scenario) -> dict[str, object]:
    """Size and rate; a file without a rate keeps its own times."""
    source = scenario.source
    keeps_times = source.kind == "file" and source.fps is None
    defaults: dict[str, object] = {"size": scenario.frame_size}
    return defaults if keeps_times else {**defaults, "fps": scenario.fps}


def check_link(link: LinkSection) -> Iterator[tuple[str, Refused]]:
    """Everything that contradicts itself or would do nothing: (field, why)."""
    yield from _check_burst(link)
    if link.jitter_correlation and not link.jitter:
        yield "jitter_correlation", Refused("there is no jitter", allowed=("jitter beside it",))
    if link.capacity is None and (link.trace is None or link.trace.gives("capacity") == "never"):
        for name in _waiting(link):
            yield (
                name,
                Refused(
                    "nothing waits where capacity is unlimited",
                    allowed=("capacity beside it, or a trace that gives it",),
                ),
            )
    if link.trace is not None:
        for figure in get_args(Figure):
            if getattr(link, figure) and link.trace.gives(figure) == "always":
                allowed = (f"one of {figure} and trace",)
                yield figure, Refused("the trace gives it at all times", allowed=allowed)


def _waiting(link: LinkSection) -> Iterator[str]:
    if link.queue is not None:
        yield "queue"
    if link.queue_discipline != "drop-tail":
        yield "queue_discipline"
    if link.overhead:
        yield "overhead"


def _check_burst(link: LinkSection) -> Iterator[tuple[str, Refused]]:
    if link.burst is None:
        return
    loss = max(link.loss, link.trace.most_loss if link.trace is not None else 0.0)
    if loss == 0:
        yield "burst", Refused("nothing is lost", allowed=("loss beside it",))
    elif loss == 1:
        yield "burst", Refused("every packet is lost", allowed=("loss below 100%",))
    else:
        # Between two bursts at least one packet passes (libwebrtc, simulated_network.cc).
        least = loss / (1 - loss)
        if link.burst < least:
            shown = PACKETS.write(float(f"{least + 0.0005:.3f}"))
            message = f"too short for a loss of {loss * 100:g}%"
            yield "burst", Refused(message, allowed=(f"{shown} or more",))
