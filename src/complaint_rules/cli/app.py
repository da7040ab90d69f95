"""``complaint-rules evaluate`` and its companions.

Exit codes: 0 done; 1 a scenario failed; 2 wrong usage; 3 the ruleset is wrong; 4 the case is wrong;
5 the policy is not in force at the case's date; 6 the engine asked for is not available.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import track

from complaint_rules.analysis import findings
from complaint_rules.case import Case
from complaint_rules.cli import scenarios
from complaint_rules.cli.tables import show_decision
from complaint_rules.errors import (
    CaseError,
    ComplaintRulesError,
    EngineUnavailable,
    PolicyError,
    PolicyNotInForce,
    TimeError,
)
from complaint_rules.history import History
from complaint_rules.policy import Policy, load_policy, shipped_rulesets
from complaint_rules.ruleset.document import PolicyDocument, json_schema
from complaint_rules.ruleset.document_history import HistoryFileDocument
from complaint_rules.ruleset.document_words import VocabularyDocument
from complaint_rules.testing.scenarios import ScenarioFileDocument

EXIT_CODES: tuple[tuple[type[ComplaintRulesError], int], ...] = (
    (PolicyError, 3),
    (PolicyNotInForce, 5),
    (EngineUnavailable, 6),
    (CaseError, 4),
    (TimeError, 4),
)

HistoryOption = Annotated[
    Path | None, typer.Option(help="A history file in JSON, for counts over other cases.")
]

_FILES: dict[str, type[BaseModel]] = {
    "ruleset": PolicyDocument,
    "vocabulary": VocabularyDocument,
    "scenarios": ScenarioFileDocument,
    "history": HistoryFileDocument,
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Evaluate complaint-handling policies.",
    epilog=(
        "Exit codes: 0 done, 1 scenario failed, 2 wrong usage, 3 wrong ruleset, 4 wrong case, "
        "5 policy not in force, 6 engine not available."
    ),
)

PolicyArgument = Annotated[str, typer.Argument(help="Id of a shipped ruleset, or a file.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file instead of the screen.")
]


@contextmanager
def clear_errors() -> Iterator[None]:
    """Say what is wrong in one red line, and leave with its exit code."""
    try:
        yield
    except ComplaintRulesError as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {_plain(str(error))}")
        code = next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 4)
        raise typer.Exit(code) from None


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def _load(policy: str, parameters: list[str]) -> Policy:
    values: dict[str, object] = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals:
            raise typer.BadParameter(f"{parameter!r} is no name=value")
        values[name] = int(value) if value.isdigit() else value
    return load_policy(policy, parameters=values)


def _read_cases(paths: list[Path]) -> list[Case]:
    cases = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CaseError(f"{path} cannot be read ({error}): give a UTF-8 JSON file") from None
        lines = text.splitlines() if path.suffix == ".jsonl" else [text]
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    cases.append(Case.from_json(line))
                except ComplaintRulesError as error:
                    raise CaseError(f"{path}:{number}: {error}") from None
    return cases


def _read_history(path: Path) -> History:
    try:
        return History.from_json(path.read_bytes())
    except ComplaintRulesError as error:
        raise CaseError(f"{path}: {error}") from None
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}: check the path") from None


@app.command()
def evaluate(
    policy: PolicyArgument,
    cases: Annotated[
        list[Path], typer.Argument(help="Case files: .json holds one case, .jsonl one a line.")
    ],
    as_of: Annotated[
        str, typer.Option(help="The instant to judge at, such as 2018-07-02T12:00:00+08:00.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print decisions as JSON, one a line.")
    ] = False,
    language: Annotated[
        Literal["zh", "en"], typer.Option("--language", "-l", help="Language of the output.")
    ] = "en",
    engine: Annotated[Literal["auto", "durable", "native"], typer.Option()] = "auto",
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="name=value, repeatable.")
    ] = None,
    provisional: Annotated[
        bool, typer.Option(help="Answer for years whose official calendar is not published.")
    ] = False,
    history: HistoryOption = None,
) -> None:
    """Say what follows from a policy for one case or many."""
    console = Console()
    with clear_errors():
        loaded = _load(policy, parameter or [])
        read = _read_cases(cases)
        past = None if history is None else loaded.check_history(_read_history(history))
        # Many cases take a while: the bar is on stderr, and absent where that is no terminal.
        progress = Console(stderr=True)
        shown = len(read) >= 100 and progress.is_terminal
        for case in track(read, "Judging", console=progress, transient=True) if shown else read:
            decision = loaded.evaluate(
                case, as_of=as_of, history=past, engine=engine, provisional=provisional
            )
            if as_json:
                typer.echo(decision.to_json())
            else:
                show_decision(decision, loaded.ruleset, language, console)


@app.command()
def explain(
    policy: PolicyArgument,
    case: Annotated[Path, typer.Argument(help="A case file.")],
    rule: Annotated[str, typer.Argument(help="The rule to ask about.")],
    as_of: Annotated[str, typer.Option(help="The instant to judge at.")],
    language: Annotated[Literal["zh", "en"], typer.Option("--language", "-l")] = "en",
    history: HistoryOption = None,
) -> None:
    """Say why a rule applied or not, and what would have had to differ."""
    with clear_errors():
        past = None if history is None else _read_history(history)
        decision = _load(policy, []).evaluate(_read_cases([case])[0], as_of=as_of, history=past)
        typer.echo(decision.why_not(rule).explain(language))


@app.command()
def schema(
    policy: Annotated[
        str | None, typer.Argument(help="Give the schema of this policy's cases instead.")
    ] = None,
    of: Annotated[
        Literal["ruleset", "vocabulary", "scenarios", "history"],
        typer.Option("--of", help="Which kind of file, without a policy."),
    ] = "ruleset",
    output: Output = None,
) -> None:
    """Write the JSON Schema of a kind of file, for editors, or of a policy's cases, for hosts."""
    with clear_errors():
        if policy is None:
            document = json_schema(_FILES[of], of)
        else:
            document = load_policy(policy).case_model.model_json_schema()
    text = json.dumps(document, ensure_ascii=False, indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")


@app.command()
def check(
    policies: Annotated[list[str], typer.Argument(help="Ids of shipped rulesets, or files.")],
) -> None:
    """Load rulesets, report every problem with its line, and what can be proved to be a slip."""
    slips = 0
    for policy in policies:
        with clear_errors():
            loaded = load_policy(policy)
            count = sum(1 for _ in loaded.ruleset.rules())
            typer.echo(f"{loaded.id} {loaded.version}: {count} rules, hash {loaded.hash}")
            for finding in findings(loaded):
                slips += 1
                typer.echo(f"  {finding}")
    if slips:
        raise typer.Exit(1)


@app.command(name="list")
def list_policies() -> None:
    """List the rulesets that come with the package."""
    for name, path in shipped_rulesets().items():
        typer.echo(f"{name}\t{path}")


app.command(name="test")(scenarios.run_tests)
