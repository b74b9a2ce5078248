"""Remedies of what makes a trial invalid: one for each reason."""

from __future__ import annotations

from typing import Final

ALLOW: Final = "allow this user real-time scheduling (rtprio in limits.conf(5), or CAP_SYS_NICE)"

TOO_SLOW: Final = (
    "This machine was the bottleneck. Close what else runs here, or lower the load: "
    "--set source.fps=15, or a smaller source.size."
)
STARVED: Final = (
    "Other programs kept this one from the cores. Close what else runs here, or measure on a "
    "machine of its own."
)
STOOD_STILL: Final = (
    "A process of this tool was kept from running: by a host that paused this machine, a debugger, "
    "or a machine with too much to do. Close what else runs here, then run it again."
)
NOT_SETTLED: Final = (
    "The session had not settled when its warm-up was over. Lengthen session.warmup, or let it "
    "wait until it has: session.warmup: auto."
)
NEVER_SETTLED: Final = (
    "The session never settled. Close what else runs here; if the network varies by itself, give "
    "the warm-up a time: session.warmup: 10s."
)
BUILDS_UP: Final = (
    "Frames come in faster than they get through, and a queue grows as long as the session lasts. "
    "Lower source.fps, publish.max_bitrate or the model's processing time."
)
MARKER: Final = (
    "The marker did not survive the way. Raise publish.max_bitrate or the source's size, and "
    "check that the service passes the marker on."
)
WITNESS: Final = (
    "Marker and metadata name different frames, and one of them is wrong. Check that the target "
    "neither re-stamps frames nor mixes those of several senders."
)
SHIFTED: Final = (
    "The pictures and their latencies are right, the dropped frames are the sender's. Whoever "
    "sends them must hand them to its encoder one at a time; close what else runs here."
)
LINK_LATE: Final = (
    "The link's process did not get a core in time. Close what else runs here, lower the load "
    f"(--set publish.max_bitrate=1Mbps), or {ALLOW}."
)
DISK: Final = "The disk was too slow, or full. Write to another with --out."
BYPASS: Final = (
    "Media bypassed the link. Let the target offer plain UDP alone: no TURN server, "
    "no ICE over TCP; the trial's link.log tells what it was offered."
)
PLAYOUT: Final = (
    "A receiver did not take the playout delay. Measure without one, --set "
    "session.playout_delay=0ms, or with what receivers choose, =natural."
)
SWAPPED: Final = (
    "Memory was short. Close what else runs here, or lower the need: a smaller source.size."
)
CLOCK_STEPPED: Final = (
    "The machine's clock was set during the trial. Wait until its time synchronisation has "
    "settled, then run it again."
)
CLOCKS: Final = (
    "Two clocks were mixed, or frames of another session were read. Make sure that nothing else "
    "publishes into the room, then run it again."
)
BROWSER: Final = (
    "The browser was not left to itself. Close what else runs here, and do not touch its "
    "window, where it has one."
)
PAGE_CLOCK: Final = (
    "The page answered too unevenly to know its clock. Close what else runs here, then run it "
    "again."
)
WARM_UP: Final = "The first frames were too late for the warm-up. Lengthen session.warmup."
IN_FLIGHT: Final = (
    "The last frames of the session did not come back. Lengthen session.duration, or look for "
    "what holds them at its end."
)
NOTHING_CAME: Final = (
    "The target sent nothing back in the steady state. Check the model, and the trial's *.log "
    "files in the run directory."
)
RUN_AGAIN: Final = "Run it again."
READ_LOGS: Final = (
    "The session did not run to its end. Read the trial's *.log files in the run directory."
)
