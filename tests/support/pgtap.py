"""Run a pgTAP file: give it to the server whole and read the TAP lines off its results."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

__all__ = ["Outcome", "run_tap"]

_ASSERTION = re.compile(r"^(?P<not>not )?ok (?P<number>\d+)(?P<rest>.*)$")
_PLAN = re.compile(r"^1\.\.(?P<count>\d+)$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file said. It passed when `problems` is empty."""

    assertions: int
    problems: tuple[str, ...]


def run_tap(connection: psycopg.Connection[tuple[object, ...]], text: str) -> Outcome:
    """Run a file's text on a connection in autocommit mode; it begins and rolls back itself.

    Results before an SQL error count too, so that the report says how far the file came.
    """
    lines: list[str] = []
    error: str | None = None
    server = connection.pgconn
    server.send_query(text.encode())
    while (result := server.get_result()) is not None:
        if result.status == ExecStatus.TUPLES_OK:
            for row in range(result.ntuples):
                value = result.get_value(row, 0)
                lines += (value or b"").decode().split("\n")
        elif result.status == ExecStatus.FATAL_ERROR:
            error = error or _describe(result, text)
    for statement in (b"rollback", b"discard all"):
        server.exec_(statement)
    return _judge(lines, error)


def _describe(result: PGresult, text: str) -> str:
    position = result.error_field(DiagnosticField.STATEMENT_POSITION)
    line = f"line {text.count(chr(10), 0, int(position) - 1) + 1}: " if position else ""
    return line + result.error_message.decode().strip()


def _judge(lines: list[str], error: str | None) -> Outcome:
    planned: int | None = None
    ran = 0
    problems: list[str] = []
    is_failing = False
    for line in lines:
        if match := _ASSERTION.match(line):
            ran += 1
            is_failing = match["not"] is not None and "# TODO" not in match["rest"]
            if is_failing:
                problems.append(line)
        elif match := _PLAN.match(line):
            planned = int(match["count"])
        elif line.startswith("#") and is_failing:
            problems.append(line)
    if error is not None:
        problems.append(f"SQL error after {ran} assertion(s): {error}")
    elif planned is None:
        problems.append("no plan: `select plan(n);` is missing")
    elif planned != ran:
        problems.append(f"planned {planned} assertion(s), ran {ran}")
    return Outcome(assertions=ran, problems=tuple(problems))
