"""Built-in profiles, and a scenario's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.scenario import PROFILES, LinkSection, ScenarioError, cells, load, loads, to_yaml
from g2gbench.scenario.model.checks import check_link
from tests.scenario.texts import MINIMAL, scenario

NAMES = (
    "none ethernet wifi wifi-busy wifi-edge lte lte-driving 3g 5g dsl cable satellite-leo "
    "satellite-geo hotel lossy bufferbloat blackout"
)
OFFICE = """
office:
  source: measured in May
  uplink: {delay: 5ms}
  downlink: {queue: 100ms, trace: traces/down.csv}
"""


def test_the_names_are_these() -> None:
    assert " ".join(PROFILES) == NAMES


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_says_what_it_is_and_where_its_figures_come_from(name: str) -> None:
    profile = PROFILES[name]
    assert profile.description
    assert profile.source.endswith(".")


@pytest.mark.parametrize("name", PROFILES)
def test_no_profile_contradicts_itself(name: str) -> None:
    assert [found for link in PROFILES[name].directions for found in check_link(link)] == []


def test_only_none_lets_everything_pass_as_it_is() -> None:
    still = [n for n, p in PROFILES.items() if not any(link.impaired for link in p.directions)]
    assert still == ["none"]


def test_only_blackout_lets_nothing_pass_and_is_wifi_otherwise() -> None:
    dark = [n for n, p in PROFILES.items() if any(link.blackout for link in p.directions)]
    assert dark == ["blackout"]
    lit = [link.model_copy(update={"blackout": False}) for link in PROFILES["blackout"].directions]
    assert lit == list(PROFILES["wifi"].directions)


def test_a_profile_of_ones_own_is_used_by_its_name() -> None:
    it = scenario(
        "profiles: {office: {uplink: {delay: 5ms}}}\nnetwork: {profile: office}\n"
        "timeline: [{at: 1s, network: {profile: office, uplink: {}}}]\n"
    )
    assert it.links() == (LinkSection.model_validate({"delay": "5ms"}), LinkSection())
    assert it.links(it.timeline[0].network) == (LinkSection(), LinkSection())


def test_a_matrix_can_vary_over_profiles_of_ones_own() -> None:
    it = scenario(
        "profiles: {office: {uplink: {delay: 5ms}}}\nmatrix: {network.profile: [wifi, office]}\n"
    )
    delays = [cell.scenario.links()[0].delay for cell in cells(it)]
    assert delays == [0.012, 0.005]


def beside(folder: Path, more: str) -> Path:
    """A scenario with a file of profiles, and a trace beside that."""
    (folder / "own" / "traces").mkdir(parents=True)
    (folder / "own" / "profiles.yaml").write_text(OFFICE)
    (folder / "own" / "traces" / "down.csv").write_text("time,capacity\n0s,1Mbps\n1s,2Mbps\n")
    path = folder / "a.yaml"
    path.write_text(MINIMAL + more)
    return path


def test_profiles_may_stand_in_a_file_with_traces_beside_it(tmp_path: Path) -> None:
    it = load(beside(tmp_path, "profiles: own/profiles.yaml\nnetwork: {profile: office}\n"))
    _, downlink = it.links()
    assert downlink.trace is not None
    assert downlink.trace.name == "own/traces/down.csv"
    assert [row.capacity for row in downlink.trace.rows] == [1e6, 2e6]
    assert cells(it)[0].scenario.links() == it.links()


def test_what_a_file_of_profiles_gave_is_in_the_resolved_scenario(tmp_path: Path) -> None:
    it = load(beside(tmp_path, "profiles: own/profiles.yaml\nnetwork: {profile: office}\n"))
    again = tmp_path / "again.yaml"
    again.write_text(to_yaml(it))
    assert load(again) == it


def test_a_trace_that_has_changed_since_is_refused(tmp_path: Path) -> None:
    it = load(beside(tmp_path, "profiles: own/profiles.yaml\nnetwork: {profile: office}\n"))
    again = tmp_path / "again.yaml"
    again.write_text(to_yaml(it))
    (tmp_path / "own" / "traces" / "down.csv").write_text("1\n2\n")
    with pytest.raises(ScenarioError, match="is not the trace that was meant"):
        load(again)


@pytest.mark.parametrize(
    ("written", "place", "says"),
    [
        ("office: {uplink: {dealy: 1ms}}\n", "own/profiles.yaml:1:19", 'did you mean "delay"?'),
        ("office: [\n", "own/profiles.yaml:2:1", "not valid YAML"),
        ("office: {}\noffice: {}\n", "own/profiles.yaml:2:1", "duplicate key"),
        ("caf\xe9: {}\n", "a.yaml:3:11", "not UTF-8 text"),
        ("office: {uplink: {trace: none.csv}}\n", "own/profiles.yaml:1:26", "no such file"),
        ("office: {uplink: {trace: {file: no.csv}}}\n", "own/profiles.yaml:1:26", "no such file"),
    ],
)
def test_a_mistake_in_a_file_of_profiles_is_told_with_its_place_there(
    tmp_path: Path, written: str, place: str, says: str
) -> None:
    path = beside(tmp_path, "profiles: own/profiles.yaml\n")
    (tmp_path / "own" / "profiles.yaml").write_bytes(written.encode("latin-1"))
    with pytest.raises(ScenarioError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{tmp_path}/{place}: ")
    assert says in str(problem)


@pytest.mark.parametrize("written", ["''", "7", "true", "null"])
def test_what_is_neither_profiles_nor_a_file_of_them_is_refused(written: str) -> None:
    with pytest.raises(
        ScenarioError, match=r"allowed: a mapping of names to .*, the name of a file"
    ):
        loads(MINIMAL + f"profiles: {written}\n")


def test_a_file_of_profiles_may_name_a_trace_wrongly_too(tmp_path: Path) -> None:
    path = beside(tmp_path, "profiles: own/profiles.yaml\n")
    (tmp_path / "own" / "profiles.yaml").write_text("office: {uplink: {trace: 7}}\n")
    with pytest.raises(ScenarioError, match="allowed: the name of a trace file"):
        load(path)


def test_a_trace_that_is_named_twice_is_read_once_and_used_twice(tmp_path: Path) -> None:
    trace = tmp_path / "a.mahi"
    trace.write_text("1\n2\n")
    text = f"{{trace: {trace}}}"
    uplink, downlink = scenario(f"network: {{uplink: {text}, downlink: {text}}}\n").links()
    assert uplink.trace is downlink.trace is not None


def test_an_absolute_name_of_a_trace_is_taken_as_it_is(tmp_path: Path) -> None:
    trace = tmp_path / "a.mahi"
    trace.write_text("1\n2\n")
    it = scenario(f"network: {{uplink: {{trace: {trace}}}}}\n")
    assert it.network.uplink is not None
    assert it.network.uplink.trace is not None
    assert it.network.uplink.trace.name == str(trace)


@pytest.mark.parametrize(
    "written", ["[a.csv]", "{fiel: a.csv}", "{file: 7}", "{sha256: a}", "''", "true"]
)
def test_what_names_no_trace_is_refused(written: str) -> None:
    with pytest.raises(ScenarioError, match=r"allowed: the name of a trace file, \{file: …"):
        loads(MINIMAL + f"network: {{uplink: {{trace: {written}}}}}\n")


def test_a_matrix_can_vary_traces_and_tells_them_apart_by_what_is_in_them(tmp_path: Path) -> None:
    for name, text in (("a.mahi", "1\n2\n"), ("b.mahi", "1\n3\n")):
        (tmp_path / name).write_text(text)
    path = tmp_path / "s.yaml"
    path.write_text(MINIMAL + "matrix: {network.uplink: [{trace: a.mahi}, {trace: b.mahi}, {}]}\n")
    it = load(path)
    assert [cell.name for cell in cells(it)] == [
        "network.uplink={trace: a.mahi}", "network.uplink={trace: b.mahi}", "network.uplink={}",
    ]  # fmt: skip
    path.write_text(to_yaml(it))
    assert load(path) == it
    assert [cell.name for cell in cells(load(path))] == [cell.name for cell in cells(it)]
