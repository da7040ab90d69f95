"""The command line, in the extra ``cli``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say what to install."""
    try:
        from complaint_rules.cli.app import app
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        print(  # noqa: T201 - there is nothing nicer to print with
            f"the command line needs {error.name}: install complaint-rules[cli]", file=sys.stderr
        )
        raise SystemExit(2) from None
    app()
