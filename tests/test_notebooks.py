"""The notebooks run from top to bottom, with the real log where it is at hand and without it."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from samples import ROOT

FOLDER = ROOT / "examples/notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def run(name, folder):
    notebook = nbformat.read(folder / f"{name}.ipynb", 4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


def printed(notebook):
    return "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stdout"
    )


def pictures(notebook):
    return sum(
        "image/png" in output.get("data", {})
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )


def test_there_are_two():
    assert NAMES == ["fine_scenarios", "traffic_fines"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize(
    "name", ["fine_scenarios", pytest.param("traffic_fines", marks=pytest.mark.shared)]
)
def test_a_notebook_runs_and_says_what_it_said(name):
    """What is printed, and how many pictures there are, is what the file shows."""
    kept = nbformat.read(FOLDER / f"{name}.ipynb", 4)
    again = run(name, FOLDER)
    assert printed(again) == printed(kept)
    assert pictures(again) == pictures(kept) > 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_traffic_notebook_runs_on_its_fixture(tmp_path):
    """Where the whole log is not at hand: 2,000 cases, other figures, no error."""
    shutil.copytree(ROOT / "examples/traffic_fines", tmp_path / "examples/traffic_fines")
    shutil.copytree(FOLDER, tmp_path / "examples/notebooks")
    notebook = run("traffic_fines", tmp_path / "examples/notebooks")
    assert "penalties were entered on the day the limit ended" in printed(notebook)
    assert "49,772" not in printed(notebook)


def test_the_season_is_the_same_for_the_same_seed():
    import sys

    sys.path.insert(0, str(FOLDER))
    try:
        from season import season
    finally:
        sys.path.remove(str(FOLDER))
    first, again, other = season(200), season(200), season(200, seed=1)
    assert all(one.equals(two) for one, two in zip(first, again, strict=True))
    assert not first[1].equals(other[1])
    assert first[0]["case"].n_unique() == 200
