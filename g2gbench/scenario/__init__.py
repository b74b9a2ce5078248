"""Scenarios: YAML files, read with exact error places into a frozen, typed model.

The way through: text -> document tree -> overrides -> environment -> cells of the matrix ->
validated ``Scenario``. Nothing here measures, waits or draws random numbers.
"""

from __future__ import annotations

from g2gbench.scenario.fields.expectation import Expectation
from g2gbench.scenario.fields.quantity_fields import QueueLimit
from g2gbench.scenario.fields.rules import Size
from g2gbench.scenario.loading import load, loads
from g2gbench.scenario.model.faults import ModelFaultsSection, SignallingFaultsSection
from g2gbench.scenario.model.json_schema import json_schema
from g2gbench.scenario.model.matrix import Cell, cells
from g2gbench.scenario.model.room import RoomSection
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.sections import (
    ClientSection,
    LivekitTarget,
    LoopbackTarget,
    NetworkSection,
    PlayoutDelay,
    ProcessingSection,
    PublishSection,
    ServiceTarget,
    SessionSection,
    SourceSection,
    TimelineEntry,
    WorkerTarget,
)
from g2gbench.scenario.model.serialisation import resolved, to_yaml, yaml_of
from g2gbench.scenario.model.timeline import Change, changes, label
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.network.profiles import PROFILES, Profile
from g2gbench.scenario.network.traces import Trace, TraceRow, parse_trace
from g2gbench.scenario.problems import Problem, ScenarioError
from g2gbench.service_models import SERVICE_MODELS, ServiceModel

__all__ = [
    "PROFILES",
    "SERVICE_MODELS",
    "Cell",
    "Change",
    "ClientSection",
    "Expectation",
    "LinkSection",
    "LivekitTarget",
    "LoopbackTarget",
    "ModelFaultsSection",
    "NetworkSection",
    "PlayoutDelay",
    "Problem",
    "ProcessingSection",
    "Profile",
    "PublishSection",
    "QueueLimit",
    "RoomSection",
    "Scenario",
    "ScenarioError",
    "ServiceModel",
    "ServiceTarget",
    "SessionSection",
    "SignallingFaultsSection",
    "Size",
    "SourceSection",
    "TimelineEntry",
    "Trace",
    "TraceRow",
    "WorkerTarget",
    "cells",
    "changes",
    "json_schema",
    "label",
    "load",
    "loads",
    "parse_trace",
    "resolved",
    "to_yaml",
    "yaml_of",
]
