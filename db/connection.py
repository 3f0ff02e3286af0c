"""Connections to the database, and one line for what PostgreSQL says when it refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from db.exceptions import VoltaroError
from db.settings import ROOT, with_options

__all__ = ["OWNER", "Connection", "connect", "describe", "execute_text"]

Connection = psycopg.Connection[tuple[Any, ...]]

OWNER = "voltaro_owner"
"""The role that owns every object and logs in nowhere."""


@contextlib.contextmanager
def connect(url: str, *, owner: bool = False) -> Iterator[Connection]:
    """Connect in autocommit mode, as voltaro_owner when asked.

    Raises VoltaroError, with the server's own sentence, when there is no way in.
    """
    target = with_options(url, options=f"-c role={OWNER}") if owner else url
    try:
        connection = psycopg.connect(
            target, autocommit=True, connect_timeout=10, application_name="voltaro db"
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise VoltaroError(f"cannot connect to the database: {reason}") from error
    with connection:
        yield connection


def execute_text(connection: Connection, text: str) -> None:
    """Give SQL from our own files, or quoted by the catalogue itself, to the server whole."""
    connection.execute(text)


def describe(error: psycopg.Error, path: Path, text: str) -> str:
    """One line on an SQL error: file, line where known, the server's sentence and detail."""
    place = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
    position = error.diag.statement_position
    if position is not None and text:
        place = f"{place}:{text.count(chr(10), 0, int(position) - 1) + 1}"
    parts = [error.diag.message_primary or str(error).strip(), error.diag.message_detail]
    hint = f" (hint: {error.diag.message_hint})" if error.diag.message_hint else ""
    return f"{place}: {'; '.join(part for part in parts if part)}{hint}"
