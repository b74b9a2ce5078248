"""junit.xml: a test case for each cell and expectation, as CI servers read it.

Written with the standard library: junitparser counts skipped cases on ``testsuites``, where the
schema of Jenkins' xUnit plugin (junit-10.xsd) has no such attribute.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from g2gbench.analysis.result import CellResult
from g2gbench.report.text.headline import headline, measured_text
from g2gbench.report.text.one_line import for_markup
from g2gbench.report.views.baseline_view import Against, against
from g2gbench.store.reading import Run


def render(run: Run) -> str:
    """The run as JUnit XML.

    A failure is an expectation that does not hold; an error is a cell that could not be measured;
    skipped is an expectation that was not judged. Every cell has a case of its own for its
    measurement, so that there is always one.
    """
    result = run.result
    compared = against(run)
    suffix = f": {compared.sentence}" if compared.status else ""
    root = ElementTree.Element("testsuites", name=_clean(f"g2gbench {run.name}{suffix}"))
    suites = [_suite(run, cell) for cell in result.cells]
    if not suites:
        suites = [_empty(run)]
    if compared.status:
        suites.insert(0, _comparison(run, compared))
    root.extend(suites)
    for name in ("tests", "failures", "errors"):  # its schema knows no skipped for all suites
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", f"{_seconds(run):.3f}")
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(run: Run, cell: CellResult) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_clean(f"{run.name}: {cell.cell}"))
    classname = _clean(f"g2gbench.{run.name}.{cell.cell}")
    measured = ElementTree.SubElement(suite, "testcase", name="measured", classname=classname)
    if cell.status not in ("pass", "fail"):
        reasons = _reasons(run, cell)
        problem = ElementTree.SubElement(
            measured, "error", type=_problem(run, cell), message=_clean(reasons[0])
        )
        problem.text = _clean("\n".join(reasons))
    for expectation in cell.expectations:
        case = ElementTree.SubElement(
            suite, "testcase", name=_clean(expectation.text), classname=classname
        )
        if expectation.holds is None:
            reason = _clean(expectation.reason)
            ElementTree.SubElement(case, "skipped", message=reason)
        elif not expectation.holds:
            message = _clean(measured_text(expectation))
            failure = ElementTree.SubElement(case, "failure", type="expectation", message=message)
            failure.text = _clean(f"{expectation.text}: {message}")
    return _counted(suite, run)


def _comparison(run: Run, compared: Against) -> ElementTree.Element:
    """A case for what the run was compared with: skipped where that came to nothing."""
    suite = ElementTree.Element("testsuite", name=_clean(f"{run.name}: against the baseline"))
    case = ElementTree.SubElement(
        suite, "testcase", name="against the baseline", classname=_clean(f"g2gbench.{run.name}")
    )
    message = _clean(compared.sentence)
    if compared.status == "regression":
        failure = ElementTree.SubElement(case, "failure", type="regression", message=message)
        failure.text = message
    elif compared.status == "inconclusive":
        ElementTree.SubElement(case, "skipped", message=message)
    return _counted(suite, run)


def _empty(run: Run) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_clean(run.name))
    case = ElementTree.SubElement(
        suite, "testcase", name="measured", classname=_clean(f"g2gbench.{run.name}")
    )
    ElementTree.SubElement(case, "error", type=run.status, message="no cell was planned")
    return _counted(suite, run)


def _counted(suite: ElementTree.Element, run: Run) -> ElementTree.Element:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("timestamp", run.file.started)
    for case in cases:
        case.set("time", "0")
    return suite


def _problem(run: Run, cell: CellResult) -> str:
    return run.status if run.status in ("unreachable", "fault") else cell.status


def _reasons(run: Run, cell: CellResult) -> list[str]:
    """At least one line on why the cell has no verdict."""
    if run.status in ("unreachable", "fault", "interrupted"):
        return [headline(run.result, run.planned).sentence, *cell.invalid_because]
    return list(cell.invalid_because) or [f"the cell is {cell.status}"]


def _seconds(run: Run) -> float:
    return 0.0 if run.ended is None else (run.ended - run.started).total_seconds()


def _clean(text: str) -> str:
    """Text that XML can hold; a carriage return would be read as a line feed."""
    return for_markup(text.replace("\r\n", "\n").replace("\r", "\n"))
