"""The rooms, and which way their doors open."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from samples import ROOT

SOURCE = ROOT / "src/complaint_rules"
ORDER = [
    "public",
    "errors",
    "frozen",
    "time",
    "currencies",
    "money",
    "expressions",
    "case",
    "history",
    "ruleset",
    "engines",
    "judging",
    "policy",
    "policies",
    "evaluation",
    "versions",
    "columns",
    "reports",
    "exploration",
    "pictures",
    "simulation",
    "testing",
    "analysis",
    "cli",
]
"""A room may import those before it. ``__init__`` is the public face of all."""


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "complaint_rules" and len(parts) > 1:
                found.add(parts[1])
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_rooms_depend_in_one_direction(path):
    own = room(path)
    if own == "__init__":
        return
    allowed = set(ORDER[: ORDER.index(own) + 1])
    assert imported(path) <= allowed, f"{own} may import {sorted(allowed)}"


def test_every_room_has_its_place():
    assert {room(path) for path in modules()} - {"__init__"} == set(ORDER)


def test_the_page_about_the_architecture_names_every_room():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)/?`", "\n".join(re.findall(r"^\| `.*", page, re.MULTILINE)))
    addresses_of_old_pickles = {"policies", "evaluation"}
    assert set(ORDER) - set(named) == addresses_of_old_pickles


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_the_package_has_no_global_mutable_state():
    allowed = {
        "china",
        "england",
        "epoch_at",
        "_types",
        "_names",
        "tzdata_version",
    }  # pure functions of their arguments, remembered
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*global ", text, re.MULTILINE), path
        for match in re.finditer(r"@(?:lru_cache|cache)\b[^\n]*\ndef (\w+)", text):
            assert match[1] in allowed, path


def test_names_of_this_workplace_are_nowhere():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    files = [ROOT / name for name in listed.stdout.split()] or modules()
    for path in files:
        if (
            path.suffix in (".py", ".md", ".toml", ".yaml", "")
            and path.is_file()
            and path != Path(__file__)
        ):
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not re.search(r"/(?:root|work|tmp)/[a-z]", text), path


def test_importing_the_package_does_not_import_pydantic():
    code = "import sys, complaint_rules; print([m for m in ('pydantic', 'yaml', 'durable', 'typer', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_wheel_holds_rulesets_and_types_and_finds_them(tmp_path):
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    assert "complaint_rules/py.typed" in names
    assert "complaint_rules/time/GB-ENG.json" in names
    shipped = {name for name in names if name.startswith("complaint_rules/rulesets/")}
    assert {Path(name).name for name in shipped} == {
        path.name for path in (ROOT / "rulesets").iterdir()
    }
    code = (
        "import complaint_rules; from complaint_rules import load_policy, shipped_rulesets;"
        "print(complaint_rules.__file__); print(load_policy('yundewu-2018').id, len(shipped_rulesets()))"
    )
    environment = {"PYTHONPATH": str(tmp_path / "installed"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    where, found = done.stdout.splitlines()
    assert str(tmp_path) in where
    assert found.startswith("yundewu-2018 ")
