"""Catalogue lints: every file of db/lint is one query whose rows are (object, problem)."""

from __future__ import annotations

from pathlib import Path

import psycopg

from db.connection import Connection, describe
from db.exceptions import LintError
from db.settings import ROOT

__all__ = ["LINTS", "check", "find_problems"]

LINTS = ROOT / "db" / "lint"


def find_problems(connection: Connection, *, directory: Path = LINTS) -> list[str]:
    """Run all lints; return one sentence per problem, sorted by lint and object."""
    problems: list[str] = []
    with connection.transaction():
        connection.execute("select set_config('search_path', 'pg_catalog, pg_temp', true)")
        for path in sorted(directory.glob("*.sql")):
            text = path.read_text()
            try:
                rows = connection.execute(text).fetchall()
            except psycopg.Error as error:
                raise LintError(describe(error, path, text)) from error
            problems += sorted(f"{path.stem}: {item}: {problem}" for item, problem in rows)
    return problems


def check(connection: Connection, *, directory: Path = LINTS) -> None:
    """Raise LintError with the readable list when a rule is broken."""
    problems = find_problems(connection, directory=directory)
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise LintError(f"the catalogue breaks {len(problems)} rule(s):\n{listed}")
