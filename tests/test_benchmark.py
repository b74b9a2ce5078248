"""The main flow as Python calls it, up to where a session would begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.benchmark import run_async
from g2gbench.errors import InputError

SERVICE = """\
name: cloud
target: {kind: service, url: 'ws://127.0.0.1:9', api_key: '${G2G_UNSET_KEY}', model: lucy-2.1}
"""


async def test_a_variable_that_is_not_set_is_bad_input_and_never_sent_as_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("G2G_UNSET_KEY", raising=False)
    path = tmp_path / "cloud.yaml"
    path.write_text(SERVICE)
    with pytest.raises(InputError, match="G2G_UNSET_KEY"):
        await run_async(path, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
