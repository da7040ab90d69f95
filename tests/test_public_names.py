"""The names of the package: all there, and a misspelt one fails under the type checker."""

from __future__ import annotations

import doctest
import importlib
import inspect
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

import complaint_rules
from complaint_rules import Policy
from samples import ROOT


def test_every_public_name_is_there_and_listed():
    for name in complaint_rules.__all__:
        assert getattr(complaint_rules, name) is not None
    assert set(complaint_rules.__all__) <= set(dir(importlib.import_module("complaint_rules")))
    assert {"DeadlineItem", "PenaltyItem", "Language"} <= set(complaint_rules.__all__)


def test_a_misspelt_name_fails_under_mypy(tmp_path):
    pytest.importorskip("mypy", reason="it is not among the lowest versions")
    file = tmp_path / "wrong.py"
    file.write_text("from complaint_rules import Policy, Polciy\n", encoding="utf-8")
    source = str(Path(complaint_rules.__file__).parents[1])
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--follow-imports=silent", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MYPYPATH": source},
        cwd=tmp_path,
    )
    assert checked.returncode == 1
    assert 'has no attribute "Polciy"' in checked.stdout


def test_what_follows_the_name_of_a_policy_is_given_by_keyword():
    with pytest.raises(TypeError, match="positional"):
        Policy("", "x.yaml", {})


PUBLIC = sorted(
    name
    for name in complaint_rules.__all__
    if inspect.isroutine(getattr(complaint_rules, name))
    or inspect.isclass(getattr(complaint_rules, name))
)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_say_the_package_as_their_module(name):
    assert getattr(complaint_rules, name).__module__ == "complaint_rules"


def test_every_class_and_function_of_the_face_is_among_them():
    assert set(complaint_rules.__all__) - set(PUBLIC) == {"Item", "Language", "Status"}


# They say another module than they are written in, so that pytest's own search passes them by,
# or finds them there with the names that a user has.
@pytest.mark.parametrize("name", PUBLIC)
def test_examples_in_what_they_say_of_themselves_run(name):
    face = {one: getattr(complaint_rules, one) for one in complaint_rules.__all__}
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for example in doctest.DocTestFinder().find(
        getattr(complaint_rules, name), name, module=False, globs=dict(face)
    ):
        assert runner.run(example).failed == 0


def test_those_examples_are_not_passed_by():
    counted = [
        example
        for name in PUBLIC
        for example in doctest.DocTestFinder().find(
            getattr(complaint_rules, name), name, module=False
        )
        if example.examples
    ]
    assert {"Policy.changed", "Decision.bind", "Interval"} <= {example.name for example in counted}


def test_a_traceback_names_the_public_error():
    policy = complaint_rules.load_policy("yundewu-2018")
    with pytest.raises(complaint_rules.CaseError) as raised:
        policy.check(complaint_rules.Case("C", {"grvae": True}, []))
    assert traceback.format_exception_only(raised.value)[0].startswith(
        "complaint_rules.CaseError: "
    )


FACE = {"complaint_rules"} | {
    f"complaint_rules.{room}"
    for room in (
        "time",
        "simulation",
        "reports",
        "exploration",
        "pictures",
        "testing",
        "time.columns",
    )
}
SHOWN = [
    *sorted((ROOT / "docs").glob("*.md")),
    *ROOT.glob("README*.md"),
    *sorted((ROOT / "examples").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.ipynb")),
]


@pytest.mark.parametrize(
    "path",
    [path for path in SHOWN if path.name != "architecture.md"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_users_are_shown_imports_public_names(path):
    text = path.read_text(encoding="utf-8")
    for module, names in re.findall(
        r"from (complaint_rules[\w.]*) import \(?([\w, ]+)", text.replace("(\n", "(")
    ):
        assert module in FACE, module
        public = importlib.import_module(module).__all__
        wanted = {name.strip() for name in names.split(",") if name.strip()}
        assert wanted <= set(public), (module, wanted - set(public))
