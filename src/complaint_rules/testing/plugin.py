"""The pytest plugin: ``pytest rulesets/`` runs the scenario files it finds there.

A scenario runs under every engine that is installed. A failing one shows what was expected beside
what came out, and why; there is no Python to look at.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from complaint_rules.testing.run import CheckResult
    from complaint_rules.testing.scenarios import Scenario, ScenarioFile

_RESULTS = pytest.StashKey[list[tuple["ScenarioFile", "list[CheckResult]"]]]()


class ScenarioFailed(Exception):
    """What did not come out as expected, as text."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("complaint-rules", "scenarios of complaint-rules policies")
    group.addoption(
        "--policy-coverage",
        action="store_true",
        help="show what of each policy its *.scenario.yaml look at",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RESULTS] = []


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name.endswith(".scenario.yaml"):
        return ScenarioCollector.from_parent(parent, path=file_path)
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if not config.getoption("--policy-coverage"):
        return
    from complaint_rules.testing.coverage import Coverage

    for file, results in config.stash[_RESULTS]:
        terminalreporter.section(f"coverage of policy {file.policy.id}")
        terminalreporter.line(Coverage.of(file, results).report())


class ScenarioCollector(pytest.File):
    """A ``*.scenario.yaml``."""

    def collect(self) -> Iterator[pytest.Item]:
        from complaint_rules.errors import ComplaintRulesError
        from complaint_rules.testing.scenarios import read_scenarios

        try:
            file = read_scenarios(self.path)
        except ComplaintRulesError as error:
            raise self.CollectError(str(error)) from None
        results: list[CheckResult] = []
        self.config.stash[_RESULTS].append((file, results))
        for scenario in file.scenarios:
            yield ScenarioItem.from_parent(
                self, name=scenario.name, scenario=scenario, results=results
            )


class ScenarioItem(pytest.Item):
    """One scenario, under every engine there is."""

    def __init__(self, *, scenario: Scenario, results: list[CheckResult], **more: Any) -> None:
        super().__init__(**more)
        self.scenario = scenario
        self.results = results

    def runtest(self) -> None:
        from complaint_rules.testing.run import installed_engines, report, run_scenario

        with warnings.catch_warnings():
            # durable-rules (2020) asks for the time in a way that Python 3.12 deprecates, which is
            # no news to the owner of a policy.
            warnings.filterwarnings("ignore", ".*utcfromtimestamp", DeprecationWarning, "durable")
            found = [
                result
                for engine in installed_engines()
                for result in run_scenario(self.scenario, engine)
            ]
        self.results += found
        if text := report(found):
            raise ScenarioFailed(text)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.scenario.line - 1, self.name
