"""``serve`` in one process, a scenario that names its URL in another: keys and refusals."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from g2gbench.browser import chromium
from tests.e2e.devtools import CHROMIUM
from tests.e2e.served import SECRET, serving
from tests.e2e.sessions import g2gbench

pytestmark = pytest.mark.session
SCENARIO = """\
name: cloud
target: {{kind: service, url: '{url}', api_key: '${{G2G_TEST_KEY}}', model: lucy-2.1}}
session: {{warmup: 1s, duration: 2s, playout_delay: 0ms, prompt: "a beach"}}
"""


async def _run(tmp_path: Path, url: str, text: str = SCENARIO) -> tuple[int, str]:
    scenario = tmp_path / "cloud.yaml"
    scenario.write_text(text.format(url=url))
    process = await g2gbench(
        "run", str(scenario), "--out", str(tmp_path / "runs"), G2G_TEST_KEY=SECRET
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


def _files_with_the_secret(path: Path) -> list[Path]:
    return [f for f in path.rglob("*") if f.is_file() and SECRET.encode() in f.read_bytes()]


@pytest.mark.slow
async def test_a_service_at_a_url_is_measured_and_its_key_is_written_nowhere(
    tmp_path: Path,
) -> None:
    async with serving("--key", SECRET) as url:
        status, said = await _run(tmp_path, url)
    assert status in (0, 3), said  # measured; a busy machine may make it invalid
    assert SECRET not in said
    assert _files_with_the_secret(tmp_path) == []
    journal = next((tmp_path / "runs").rglob("journal.jsonl")).read_text()
    assert '"phase":"measured"' in journal
    facts = json.loads(next((tmp_path / "runs").rglob("run.json")).read_text())
    assert facts["scenario_text"] == (tmp_path / "cloud.yaml").read_text()  # as its author wrote it


@pytest.mark.nightly
async def test_pictures_that_come_back_at_another_size_than_the_models_are_measured(
    tmp_path: Path,
) -> None:
    text = SCENARIO + "source: {{content: street, size: 640x360, fps: 20}}\n"
    options = ("--restamp", "always", "--output-size", "640x360")
    async with serving("--key", SECRET, *options) as url:
        status, said = await _run(tmp_path, url, text.replace("lucy-2.1", "lucy-restyle-2"))
    assert status in (0, 3), said
    records = next((tmp_path / "runs").rglob("journal.jsonl")).read_text().splitlines()
    events = [record for record in map(json.loads, records) if record["kind"] == "event"]
    found = [event["detail"] for event in events if event["name"] == "stamp_size"]
    assert found == [{"width": 640, "height": 360}]
    assert '"phase":"measured"' in "".join(records)


@pytest.mark.nightly
@pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium; to enable: {chromium.ENABLE}")
async def test_a_page_measures_a_service_with_prompts_over_a_network_as_the_native_client_does(
    tmp_path: Path,
) -> None:
    text = SCENARIO + (
        "client: {{kind: browser}}\n"
        "network: {{profile: ethernet}}\n"
        "timeline: [{{at: 0.5s, prompt: a forest}}, {{at: 1s, network: {{profile: wifi}}}}]\n"
    )
    async with serving("--key", SECRET) as url:
        status, said = await _run(tmp_path, url, text)
    assert status in (0, 3), said
    assert _files_with_the_secret(tmp_path) == []
    journal = next((tmp_path / "runs").rglob("journal.jsonl")).read_text().splitlines()
    records = [json.loads(line) for line in journal]
    events = [r for r in records if r["kind"] == "event"]
    prompts = [e["detail"] for e in events if e["name"] == "prompt"]
    assert [p["text"] for p in prompts] == ["a forest"]
    assert "measured" in {r["phase"] for r in records if r["kind"] == "reached"}
    seen = [r for r in records if r["kind"] == "seen"]
    assert sum(r["seq"] is not None for r in seen) > 0.8 * len(seen) > 0


@pytest.mark.nightly
async def test_an_ephemeral_key_is_fetched_and_used(tmp_path: Path) -> None:
    async with serving("--key", SECRET) as url:
        status, said = await _run(
            tmp_path, url, SCENARIO.replace("model:", "ephemeral: true, model:")
        )
    assert status in (0, 3), said
    journal = next((tmp_path / "runs").rglob("journal.jsonl")).read_text()
    assert '"name":"ephemeral_key"' in journal
    assert '"phase":"measured"' in journal
    assert _files_with_the_secret(tmp_path) == []
    assert "ek_" not in "".join(
        f.read_text(errors="replace") for f in (tmp_path / "runs").rglob("*") if f.is_file()
    )


@pytest.mark.nightly
async def test_a_refused_key_is_exit_4_with_the_services_words(tmp_path: Path) -> None:
    async with serving("--key", "another") as url:
        status, said = await _run(tmp_path, url)
    assert status == 4, said
    assert "Invalid API key" in said
    assert SECRET not in said
    assert _files_with_the_secret(tmp_path) == []


async def test_nobody_at_the_url_is_exit_4_with_the_reason(tmp_path: Path) -> None:
    status, said = await _run(tmp_path, "ws://127.0.0.1:9")
    assert status == 4, said
    assert "could not be reached" in said
    assert SECRET not in said
    assert _files_with_the_secret(tmp_path) == []


async def test_an_unset_variable_is_bad_input_before_anything_starts(tmp_path: Path) -> None:
    scenario = tmp_path / "cloud.yaml"
    scenario.write_text(SCENARIO.format(url="ws://127.0.0.1:9").replace("G2G_TEST_KEY", "G2G_NO"))
    process = await g2gbench("run", str(scenario), "--out", str(tmp_path / "runs"))
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert "G2G_NO" in err.decode()
    assert "Traceback" not in err.decode()
    assert not (tmp_path / "runs").exists()


@pytest.mark.nightly
async def test_a_session_at_1080p_is_read_at_the_size_that_comes(tmp_path: Path) -> None:
    async with serving("--key", SECRET) as url:
        text = SCENARIO.replace("model:", "resolution: 1080p, model:")
        status, said = await _run(tmp_path, url, text)
    assert status in (0, 3), said  # two cores may be too few for it
    journal = next((tmp_path / "runs").rglob("journal.jsonl")).read_text().splitlines()
    # A service that is short of cores scales down later on: from what, nobody tells its client.
    whole = [
        line
        for line in map(json.loads, journal)
        if line["kind"] == "seen" and (line["width"], line["height"]) == (1884, 1080)
    ]
    read = [line for line in whole if line["seq"] is not None]
    assert len(read) > 0.9 * len(whole)
    assert len(read) > 20
