"""Collect pgTAP files: every tests/db/**/test_*.sql is one test.

A file runs as superuser, in one clone per worker since it rolls back, so that it can become
anybody with `set local session authorization`; pgTAP is in schema `tap`, which is on its path.
The files of tests/vectors are the rows of tests.vectors.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.connection import connect
from db.settings import with_options
from tests.support.databases import TAP_TEMPLATE, get_cluster
from tests.support.pgtap import run_tap

_CONNECTION = pytest.StashKey[psycopg.Connection[tuple[Any, ...]]]()
_EXIT = pytest.StashKey[contextlib.ExitStack]()


class TapFailed(Exception):
    """Assertions of a pgTAP file failed; the text lists them."""


class TapItem(pytest.Item):
    """One pgTAP file."""

    def runtest(self) -> None:
        """Run the file and fail with the sentences of what failed."""
        connection = _connection(self.config)
        # A run takes longer than the two heartbeats after which a charger counts as away.
        # (run_tap discards prepared statements.)
        connection.execute(
            "update ops.presence set last_seen_at = now() where is_connected", prepare=False
        )
        outcome = run_tap(connection, self.path.read_text())
        self.user_properties.append(("pgtap_assertions", outcome.assertions))
        if outcome.problems:
            raise TapFailed("\n".join(outcome.problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a failure as its sentences, without a traceback."""
        if isinstance(excinfo.value, TapFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the file."""
        return self.path, None, self.nodeid


class TapFile(pytest.File):
    """A pgTAP file as a collector of itself."""

    def collect(self) -> list[TapItem]:
        """One item: the file."""
        return [TapItem.from_parent(self, name="pgtap")]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> TapFile | None:
    """Take the pgTAP files."""
    if file_path.suffix == ".sql" and file_path.name.startswith("test_"):
        return TapFile.from_parent(parent, path=file_path)
    return None


def _connection(config: pytest.Config) -> psycopg.Connection[tuple[Any, ...]]:
    if _CONNECTION not in config.stash:
        stack = contextlib.ExitStack()
        database = stack.enter_context(get_cluster().clone(TAP_TEMPLATE))
        connection = stack.enter_context(
            connect(with_options(database.superuser_url, options="-c search_path=tap,public"))
        )
        # Some of pgTAP's assertions make temporary tables under whatever role is set.
        connection.execute(f'grant temporary on database "{database.name}" to public')
        _load_vectors(connection)
        config.stash[_EXIT] = stack
        config.stash[_CONNECTION] = connection
    return config.stash[_CONNECTION]


def _load_vectors(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    connection.execute(
        "create table tests.vectors (name text primary key, document jsonb not null)"
    )
    connection.execute("grant select on tests.vectors to public")
    for path in sorted((Path(__file__).parents[1] / "vectors").glob("*.json")):
        connection.execute(
            "insert into tests.vectors values (%s, %s)",
            [path.stem, path.read_text()],
            prepare=False,
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give the worker's clone back."""
    if _EXIT in config.stash:
        config.stash[_EXIT].close()
