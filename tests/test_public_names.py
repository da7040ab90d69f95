"""The names of the package: all there, and a misspelt one fails under the type checker."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import complaint_rules
from complaint_rules import Policy


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
