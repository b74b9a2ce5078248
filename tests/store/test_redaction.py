from __future__ import annotations

import json
from pathlib import Path

import pytest

from g2gbench.store.redaction import Redactor

KEY = 'k"ey/with=odd é'


def test_a_secret_is_masked_wherever_it_stands_in_free_text() -> None:
    assert Redactor(["secret"]).text("a secret, the secret") == "a ***, the ***"


def test_a_secret_in_a_url_is_masked() -> None:
    redactor = Redactor(["a/b cde"])
    assert redactor.text("wss://x/?api_key=a%2Fb%20cde") == "wss://x/?api_key=***"
    assert redactor.text("wss://x/?api_key=a%2Fb+cde") == "wss://x/?api_key=***"


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    assert Redactor(["secret", "secret-long"]).text("secret-long") == "***"


@pytest.mark.parametrize("secret", ["", "0", "2026"])
def test_a_secret_too_short_to_be_told_from_text_masks_nothing(secret: str) -> None:
    line = json.dumps({"kind": "started", "wall_time": "2026-01-02T00:00:00", "message": "0 of 9"})
    assert Redactor([secret]).line(line) == line
    assert Redactor([secret]).data({"message": "0"}) == {"message": "0"}


def test_words_that_mean_something_to_a_reader_stay() -> None:
    """A key may be any word: what a file says of itself does not change for that."""
    ended = {"kind": "ended", "at_ns": 1234567, "reason": "complete", "message": "complete"}
    event = {"kind": "event", "name": "process_lost", "detail": {"process": "client-1", "n": 7}}
    trial = {"cell": "publish.codec=vp8", "status": "invalid", "metrics": {"drop_ratio": {"n": 1}}}
    secrets = ["complete", "client-1", "publish.codec=vp8", "invalid", "drop_ratio", "1234567"]
    redactor = Redactor([*secrets, "process_lost", "message", "detail"])
    assert redactor.data(ended) == {**ended, "message": "***"}
    assert redactor.data(event) == event
    assert redactor.data(trial) == trial
    assert json.loads(redactor.line(json.dumps(event))) == event


def test_free_text_is_masked_at_any_depth_with_its_numbers_kept() -> None:
    data = {"trials": [{"invalid_because": ["my secret", 5], "attempts": [{"message": "secret"}]}]}
    assert Redactor(["secret"]).data(data) == {
        "trials": [{"invalid_because": ["my ***", 5], "attempts": [{"message": "***"}]}]
    }


def test_a_line_of_json_stays_json() -> None:
    line = json.dumps({"kind": "event", "at_ns": 11, "detail": {"error": f"refused {KEY}!"}})
    found = json.loads(Redactor([KEY]).line(line))
    assert found == {"kind": "event", "at_ns": 11, "detail": {"error": "refused ***!"}}


def test_a_line_without_a_secret_is_left_as_it_is() -> None:
    assert Redactor(["secret"]).line('{ "a" : 1 }') == '{ "a" : 1 }'


def test_a_line_cut_off_is_masked_too() -> None:
    line = json.dumps({"error": KEY})[:-1]
    assert Redactor([KEY]).line(line) == '{"error": "***"'


def test_a_log_is_rewritten_only_when_it_holds_a_secret(tmp_path: Path) -> None:
    log = tmp_path / "client.log"
    log.write_text("connecting to wss://x?key=secret\n", encoding="utf-8")
    Redactor(["secret"]).file(log)
    assert log.read_text(encoding="utf-8") == "connecting to wss://x?key=***\n"
    log.write_bytes(b"\xff no text")
    Redactor(["secret"]).file(log)
    assert log.read_bytes() == b"\xff no text"
