from __future__ import annotations

import json

import pytest

from g2gbench.service import messages
from g2gbench.service.messages import Malformed


def test_a_message_is_an_object_with_a_type() -> None:
    assert messages.parse('{"type": "prompt", "extra": 1}') == {"type": "prompt", "extra": 1}


@pytest.mark.parametrize("kind", [None, 7, "livekit_join"])
def test_only_prompts_and_images_are_styles(kind: object) -> None:
    with pytest.raises(Malformed, match="a prompt or a set_image is needed here"):
        messages.style({"type": kind})


def test_a_prompt_that_is_no_text_is_acknowledged_with_one() -> None:
    """A public client drops an ack whose prompt is missing."""
    style = messages.style({"type": "prompt", "prompt": 5})
    assert style.ack == {"type": "prompt_ack", "prompt": ""}
    assert style.error == "prompt must be text"


@pytest.mark.parametrize("enhance", [True, False, None])
def test_enhance_prompt_may_be_left_out(enhance: bool | None) -> None:
    message = {"type": "prompt", "prompt": "x", "enhance_prompt": enhance}
    assert messages.style(message).error is None


def test_what_is_shown_of_a_strangers_value_is_short() -> None:
    assert messages.shown("dance") == "'dance'"
    assert len(messages.shown(["x" * 1000])) == 41


def test_every_message_is_json() -> None:
    for message in (
        messages.error_message("x"),
        messages.queue_position(1, 2),
        messages.acknowledgement({"type": "set_image_ack"}, None),
    ):
        assert json.loads(json.dumps(message))["type"]
