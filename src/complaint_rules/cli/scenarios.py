"""``complaint-rules test``: run scenario files, and say what of a policy they do not look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import track

from complaint_rules.errors import Problem, ScenarioError
from complaint_rules.policy import shipped_rulesets
from complaint_rules.testing.coverage import Coverage
from complaint_rules.testing.mutation import mutate
from complaint_rules.testing.run import CheckResult, installed_engines, report, run_scenario
from complaint_rules.testing.scenarios import SUFFIX, ScenarioFile, read_scenarios

FAILED = 1


def scenario_files(wanted: list[str]) -> list[Path]:
    """The scenario files of folders, of rulesets by id, or themselves.

    Raises:
        ScenarioError: there is none where one was to be.
    """
    shipped = shipped_rulesets()
    found: list[Path] = []
    for name in wanted or sorted(shipped):
        path = Path(name)
        if name in shipped:
            found.append(shipped[name].with_name(f"{name}{SUFFIX}"))
        elif path.is_dir():
            found += sorted(path.rglob(f"*{SUFFIX}"))
        else:
            found.append(path)
    if not found:
        message = f"no *{SUFFIX} there: write one beside the ruleset"
        raise ScenarioError([Problem(", ".join(wanted), 0, "", message)])
    return found


def run_files(
    paths: list[Path],
    engine: Literal["all", "native", "durable"],
    coverage: bool,
    mutation: bool,
) -> bool:
    """Run files, and print what is wrong; whether everything was as expected."""
    good = True
    for path in paths:
        file = read_scenarios(path)
        results = _run(file, engine)
        failing = [result for result in results if result.mismatches]
        good = good and not failing
        name = typer.style(file.policy.id, bold=True)
        typer.echo(
            f"{name}: {len(file.scenarios)} scenarios, {len(results)} checks, "
            + typer.style(f"{len(failing)} failing", fg="red" if failing else "green")
        )
        if failing:
            typer.echo(report(failing))
        if coverage:
            typer.echo(Coverage.of(file, results).report())
        if mutation and not failing:
            typer.echo(mutate(file).report())
    return good


def _run(file: ScenarioFile, engine: Literal["all", "native", "durable"]) -> list[CheckResult]:
    engines = installed_engines() if engine == "all" else (engine,)
    return [
        result
        for scenario in track(
            file.scenarios, f"{file.policy.id} …", transient=True, disable=len(file.scenarios) < 50
        )
        for one in engines
        for result in run_scenario(scenario, one)
    ]


def run_tests(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Scenario files, folders, or ids; all shipped rulesets if none."),
    ] = None,
    engine: Annotated[
        Literal["all", "native", "durable"], typer.Option(help="All that are installed, or one.")
    ] = "all",
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show what of the policy no scenario looks at.")
    ] = False,
    mutation: Annotated[
        bool, typer.Option("--mutation", help="Change the policy slightly; show what goes unseen.")
    ] = False,
) -> None:
    """Run the scenarios of policies. Exit code 1 if one fails."""
    from complaint_rules.cli.app import clear_errors

    with clear_errors():
        good = run_files(scenario_files(paths or []), engine, coverage, mutation)
    if not good:
        raise typer.Exit(FAILED)
