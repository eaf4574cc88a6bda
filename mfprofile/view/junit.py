"""A check as JUnit XML, which GitLab, Jenkins and most other services read: a suite a network, a test a limit.

XML cannot hold some characters, not even as references. None of them can be printed, so `line` replaces them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mfprofile.budget.checks import Outcome
from mfprofile.budget.limits import shown_amount
from mfprofile.budget.reasons import Reasons
from mfprofile.budget.verdicts import Finding, Terms, Verdict
from mfprofile.cost.conventions import find_convention
from mfprofile.spec.problems import Problem
from mfprofile.spec.sources import is_file, is_target
from mfprofile.view.code_places import place_in_code
from mfprofile.view.escape import line, lines
from mfprofile.view.verdict import reason_lines, uncounted_line
from mfprofile.view.verdict_latency import written


def junit_text(outcome: Outcome, reasons: Reasons, terms: Terms) -> str:
    """Return a check as JUnit XML. A limit that is not met is a failure, and what cannot be judged an error."""
    root = Element("testsuites", name="mfprofile check")
    for verdict in outcome.verdicts:
        _suite(root, verdict, reasons, terms)
    asked = list(zip(outcome.asked, outcome.problems, strict=True))
    for reference in dict.fromkeys(outcome.unjudged):
        _unjudged(root, reference, [problem for given, problem in asked if given == reference])
    for element in root.iter():
        _count(element)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, verdict: Verdict, reasons: Reasons, terms: Terms) -> None:
    suite = SubElement(root, "testsuite", name=line(verdict.bill.name))
    properties = SubElement(suite, "properties")
    for name, value in _properties(verdict, terms):
        SubElement(properties, "property", name=name, value=line(value))
    names: Counter[str] = Counter()
    for finding in verdict.findings:
        test = _test(suite, verdict, _distinct(names, _limit(finding)))
        if finding.holds:
            counted = f"counted {written(finding)(finding.counted)} in convention '{finding.limit.convention}'"
            SubElement(test, "system-out").text = counted
        else:
            first, *others = reason_lines(reasons[verdict.reference, finding.limit])
            _failed(test, "failure", "limit", first, "\n".join(each.removeprefix("  ") for each in others))
    if verdict.is_partial:
        _failed(_test(suite, verdict, "all is counted"), "failure", "coverage", uncounted_line(verdict), "")
    if verdict.is_new:
        SubElement(
            _test(suite, verdict, "is in the baseline"), "skipped", message="new: the baseline has no bill of it"
        )


def _unjudged(root: Element, reference: str, problems: list[Problem]) -> None:
    """Add the suite of a reference that cannot be judged: one test with the problems."""
    suite = SubElement(root, "testsuite", name=line(reference))
    test = SubElement(suite, "testcase", classname=line(reference), name="can be judged", time="0")
    if is_file(reference):
        test.set("file", line(reference))
    messages = list(map(str, problems)) or ["has a problem of another spec, which it extends"]
    _failed(test, "error", "input", messages[0], "\n".join(messages))


def _properties(verdict: Verdict, terms: Terms) -> Iterator[tuple[str, str]]:
    """Yield what was counted, and how."""
    bill = verdict.bill
    yield "reference", verdict.reference
    yield "convention", bill.convention.name
    yield "counted", find_convention(bill.convention.name, of_file=True).about
    yield "madds", str(bill.madds)
    yield "params", str(bill.params)
    yield "mode", terms.mode


def _test(suite: Element, verdict: Verdict, name: str) -> Element:
    """Add a test, with the place of the network for those who look it up."""
    test = SubElement(suite, "testcase", classname=line(verdict.bill.name), name=line(name), time="0")
    place = place_in_code(verdict.reference) if is_target(verdict.reference) else None
    file = verdict.reference if place is None else place.source
    if is_file(file):
        test.set("file", line(file))
        if place is not None and place.line is not None:
            test.set("line", str(place.line))
    return test


def _limit(finding: Finding) -> str:
    """Return the name of a limit's test, which is the same whatever is counted."""
    sign = "≤" if finding.limit.most else "≥"
    allowed = shown_amount(finding.limit) if finding.whole is not None else written(finding)(finding.allowed)
    return f"{finding.limit.name} {sign} {allowed} in {finding.limit.convention}"


def _distinct(names: Counter[str], name: str) -> str:
    """Return a name with a number behind it if it was there before: readers join tests of one name."""
    names[name] += 1
    return name if names[name] == 1 else f"{name} ({names[name]})"


def _failed(test: Element, tag: str, kind: str, message: str, text: str) -> None:
    SubElement(test, tag, type=kind, message=line(message)).text = lines(text)


def _count(element: Element) -> None:
    """Write the numbers of tests into a suite, or into the root."""
    if element.tag in ("testsuites", "testsuite"):
        tags = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
        for name, tag in tags.items():
            element.set(name, str(sum(1 for _ in element.iter(tag))))
        element.set("time", "0")
