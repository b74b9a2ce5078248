"""A problem reads as one line: place, path, found, reason, allowed, nearest."""

from __future__ import annotations

import pickle

from g2gbench.scenario import Problem, ScenarioError
from g2gbench.scenario.problems import nearest_name


def test_a_problem_prints_everything_it_knows_in_one_line() -> None:
    problem = Problem("a.yaml", 12, 3, "publish.codec", '"vp10"', ("vp8", "vp9"), nearest="vp9")
    assert str(problem) == (
        'a.yaml:12:3: publish.codec: found "vp10"; allowed: vp8, vp9; did you mean "vp9"?'
    )


def test_a_problem_without_a_place_in_a_text_prints_the_file_alone() -> None:
    assert str(Problem("a.yaml", message="no such file")) == "a.yaml: no such file"


def test_a_message_that_names_what_was_found_is_not_repeated() -> None:
    problem = Problem("a.yaml", 1, 2, "b", '"b"', message='unknown key "b"')
    assert str(problem) == 'a.yaml:1:2: b: unknown key "b"'


def test_the_error_prints_all_problems_one_a_line_and_survives_pickling() -> None:
    error = ScenarioError([Problem("a", message="x"), Problem("b", message="y")])
    assert str(error) == "a: x\nb: y"
    copy = pickle.loads(pickle.dumps(error))
    assert copy.problems == error.problems
    assert str(copy) == str(error)


def test_the_nearest_name_ignores_case_and_is_none_for_something_else() -> None:
    assert nearest_name("H264", ("vp8", "h264")) == "h264"
    assert nearest_name("zzzzzz", ("vp8", "h264")) is None
    assert nearest_name("h" * 10_000, ("vp8", "h264")) is None
