"""What is kept of a scenario: its secrets masked where they stand, however they were written."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from pydantic import SecretStr

from g2gbench.scenario import ScenarioError, loads, resolved, to_yaml
from g2gbench.scenario.model.masking import lacks_secrets, without_secrets
from g2gbench.secrecy import SHORTEST
from tests.drawn import drawn

KEY = "sk-hidden-key"
KEYS = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="<>"),  # what is around
    min_size=SHORTEST,
)
BEGIN = "name: a\n# a comment\ntarget:\n  kind: service\n  model: lucy-2.1\n  api_key: "
WRITTEN = {
    "plain": KEY,
    "escaped": r'"sk-\x68idden-key"',
    "folded over lines": '"sk-hidden\\\n    -key"',
    "a block": f">-\n    {KEY}",
    "an alias": f"&k {KEY}\ndescription: *k",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_key_is_masked_however_it_was_written(written: str) -> None:
    text = f"{BEGIN}{written}\n"
    assert loads(text).target.api_key.get_secret_value() == KEY  # type: ignore[union-attr] # it is a service
    kept, _ = without_secrets(text)
    assert "hidden" not in kept.replace("\\x68", "h")
    assert lacks_secrets(kept, ())
    assert resolved(loads(kept))["target"] == resolved(loads(text))["target"]


def test_a_text_without_a_secret_stays_as_it_is() -> None:
    text = f"{BEGIN}${{MY_KEY}}\n  url: 'wss://x/${{PLACE}}'\n"
    assert without_secrets(text, ("repeat=3",)) == (text, ("repeat=3",))
    assert not lacks_secrets(text, ("repeat=3",))


def test_a_key_of_the_environment_that_stands_in_a_comment_is_not_kept() -> None:
    text = f"{BEGIN}${{MY_KEY}} # {KEY}\nsession: {{prompt: 'my {KEY}'}}\n"
    kept, _ = without_secrets(text, (), [SecretStr(KEY)])
    assert KEY not in kept
    assert not lacks_secrets(kept, ())
    assert loads(kept).session.prompt == "my ***"


def test_a_url_keeps_its_place_and_loses_who_and_what() -> None:
    text = f"{BEGIN}${{K}}\n  url: wss://me:{KEY}@host:9/v1?api_key={KEY}2&x\nsession:\n"
    text += f"  prompt: not {KEY} again\n"
    kept, _ = without_secrets(text)
    assert KEY not in kept
    assert "wss://***@host:9/v1?api_key=***&x" in kept
    assert lacks_secrets(kept, ())


def test_a_url_is_shown_and_resolved_without_its_secrets() -> None:
    url = f"wss://me:{KEY}@host/?k={KEY}"
    scenario = loads(f"{BEGIN}${{K}}\n  url: {url}\n", environment={"K": "another-key"})
    assert scenario.target.url == url  # type: ignore[union-attr] # it is a service
    assert KEY not in to_yaml(scenario) + repr(scenario)


@pytest.mark.parametrize(
    ("override", "kept"),
    [
        (f"target.api_key={KEY}", "target.api_key=***"),
        (f"target.api_key='{KEY}'", "target.api_key=***"),
        (f"target.url=ws://me:{KEY}@x/", "target.url=ws://***@x/"),
        (f"session.prompt=say {KEY}", "session.prompt=say ***"),
        (
            f"target={{kind: service, api_key: {KEY}}}",
            'target={"kind": "service", "api_key": "***"}',
        ),
        ("target.api_key=${MINE}", "target.api_key=${MINE}"),
        (
            f"matrix.target.url=[ws://{KEY}@a, ws://b]",
            'matrix.target.url=["ws://***@a", "ws://b"]',
        ),
    ],
)
def test_an_override_is_masked_by_its_path(override: str, kept: str) -> None:
    _, overrides = without_secrets(f"{BEGIN}{KEY}\n", (override,))
    assert overrides == (kept,)
    assert without_secrets("", (override,))[0] == ""


@pytest.mark.parametrize("key", ["0", "k", "12345"])
def test_a_key_too_short_to_be_masked_is_refused_with_that_reason(key: str) -> None:
    refused = f"too short to be told .* allowed: {SHORTEST} characters or more"
    with pytest.raises(ScenarioError, match=refused):
        loads(f"{BEGIN}'{key}'\n")
    with pytest.raises(ScenarioError, match=refused):
        loads(f"{BEGIN}${{K}}\n", environment={"K": key})


@drawn(15, 300, KEYS)
def test_no_key_is_kept_and_what_is_kept_is_a_scenario(key: str) -> None:
    quoted = key.replace("'", "''")
    text = f"{BEGIN}'{quoted}'\ndescription: '<{quoted}>'\n"
    kept, _ = without_secrets(text)
    assert loads(kept).description == "<***>"
    assert resolved(loads(kept))["target"]["api_key"] == "***"
