from __future__ import annotations

import json
from pathlib import Path

from g2gbench.store.redaction import Redactor, redact, redact_data

KEY = 'k"ey/with=odd é'


def test_a_secret_is_masked_wherever_it_stands() -> None:
    assert redact("a secret, the secret", ["secret"]) == "a ***, the ***"


def test_a_secret_in_a_url_is_masked() -> None:
    assert redact("wss://x/?api_key=a%2Fb%20c", ["a/b c"]) == "wss://x/?api_key=***"
    assert redact("wss://x/?api_key=a%2Fb+c", ["a/b c"]) == "wss://x/?api_key=***"


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    assert redact("key-long", ["key", "key-long"]) == "***"


def test_an_empty_secret_masks_nothing() -> None:
    assert redact("text", [""]) == "text"
    assert Redactor([""]).line('{"a":"b"}') == '{"a":"b"}'


def test_nested_data_keeps_its_keys_and_numbers() -> None:
    data = {"name": ["name", 5, {"x": "my name"}], "n": 5}
    assert redact_data(data, ["name", "5"]) == {"name": ["***", 5, {"x": "my ***"}], "n": 5}


def test_a_line_of_json_stays_json() -> None:
    line = json.dumps({"kind": "event", "at_ns": 11, "detail": {"error": f"refused {KEY}!"}})
    found = json.loads(Redactor([KEY, "11", "kind"]).line(line))
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
