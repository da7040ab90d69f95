"""Which mutants the scenarios notice: a change that nothing notices is a clause nobody tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from complaint_rules.engines.native import NativeEngine
from complaint_rules.errors import ComplaintRulesError
from complaint_rules.judging.decision import Decision
from complaint_rules.judging.evaluator import Evaluator
from complaint_rules.ruleset.parameters import Parameter
from complaint_rules.ruleset.past import CheckedHistory
from complaint_rules.ruleset.ruleset import Ruleset
from complaint_rules.ruleset.vocabulary import CheckedCase
from complaint_rules.testing.mutants import Mutant, mutants
from complaint_rules.testing.run import holds
from complaint_rules.testing.scenarios import Check, Scenario, ScenarioFile


@dataclass(frozen=True, slots=True)
class Mutation:
    """What became of each mutant. ``accepted`` are survivors with a reason; ``stale`` names
    reasons given for mutants that are killed, or do not exist.
    """

    policy: str
    killed: tuple[Mutant, ...]
    survived: tuple[Mutant, ...]
    accepted: Mapping[str, str]
    stale: tuple[str, ...]

    @property
    def total(self) -> int:
        return len(self.killed) + len(self.survived)

    def report(self) -> str:
        """The counts, and every survivor with its clause and the reason, where one is given."""
        lines = [f"{self.policy}: {len(self.killed)} of {self.total} mutants killed"]
        for mutant in self.survived:
            why = self.accepted.get(mutant.id)
            text = f"accepted, {why}" if why else "survived"
            lines.append(f"  {text}: [{mutant.clause}] {mutant.id}")
        lines += [f"  a reason for no survivor: {name}" for name in self.stale]
        return "\n".join(lines)


def mutate(file: ScenarioFile) -> Mutation:
    """Run the scenarios of a file against every mutant of its policy.

    Without any change they all have to pass, else each mutant would count as killed.
    """
    runner = _Runner(file)
    killed: list[Mutant] = []
    survived: list[Mutant] = []
    for mutant in mutants(file.policy.ruleset):
        (killed if runner.notices(mutant) else survived).append(mutant)
    names = {mutant.id for mutant in survived}
    stale = tuple(name for name in file.accepted if name not in names)
    return Mutation(file.policy.id, tuple(killed), tuple(survived), file.accepted, stale)


class _Runner:
    def __init__(self, file: ScenarioFile) -> None:
        self.parameters = file.policy.ruleset.parameters
        self.checks = [
            (scenario, check, {expectation.rule for expectation in check.expectations})
            for scenario in file.scenarios
            for check in scenario.checks
        ]
        self.cases: dict[str, CheckedCase] = {
            scenario.name: scenario.policy.check(scenario.case) for scenario in file.scenarios
        }

        self.histories: dict[str, CheckedHistory] = {
            scenario.name: scenario.policy.check_history(scenario.history)
            for scenario in file.scenarios
            if scenario.history is not None
        }

    def notices(self, mutant: Mutant) -> bool:
        """Whether some check does not hold any more. Those that name the rule come first."""
        evaluators: dict[str, Evaluator] = {}

        def evaluate(scenario: Scenario, check: Check) -> Decision:
            key = scenario.policy.hash
            if key not in evaluators:
                changed = self._changed(scenario.policy.ruleset, mutant)
                evaluators[key] = Evaluator(changed, NativeEngine())
            return evaluators[key].evaluate(
                self.cases[scenario.name], check.as_of, history=self.histories.get(scenario.name)
            )

        for scenario, check, _ in sorted(self.checks, key=lambda one: mutant.rule not in one[2]):
            try:
                if not holds(scenario, check, evaluate):
                    return True
            except ComplaintRulesError:
                return True
        return False

    def _changed(self, ruleset: Ruleset, mutant: Mutant) -> Ruleset:
        """The ruleset of a scenario, changed; a parameter that the scenario sets itself is not."""
        name = mutant.rule
        if isinstance(mutant.replacement, Parameter) and (
            ruleset.parameters[name] != self.parameters[name]
        ):
            return ruleset
        return mutant.of(ruleset)
