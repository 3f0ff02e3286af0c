"""Databases with the product's roles and base tables, and code that a test makes up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from db import apply
from db.connection import Connection, connect
from db.migrate import migrate, run_roles
from tests.support.databases import Database

_BASE = """
create table ops.applied_code (
    path text not null,
    checksum text not null,
    objects jsonb not null,
    applied_at timestamptz not null default now(),
    constraint applied_code_pkey primary key (path)
);
alter table ops.applied_code enable row level security;
comment on table ops.applied_code is 'Which files of db/code are applied.';
create table core.things (
    id bigint not null,
    name text,
    constraint things_pkey primary key (id)
);
alter table core.things enable row level security;
comment on table core.things is 'What the tests of apply work on.';
"""


@dataclass(slots=True)
class Code:
    """A db/code of the test's own, and the database it is applied to."""

    directory: Path
    connection: Connection
    """As voltaro_owner, in autocommit mode."""

    def write(self, path: str, text: str) -> None:
        """Write one file."""
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def function(
        self,
        name: str,
        *,
        arguments: str = "",
        returns: str = "integer",
        body: str = "select 1",
        after: str = "",
    ) -> None:
        """Write a file with one proper SQL function."""
        types = ", ".join(part.split()[1] for part in arguments.split(",") if part.strip())
        self.write(
            f"{name.replace('.', '/')}.sql",
            f"create or replace function {name}({arguments})\n"
            f"returns {returns}\nlanguage sql\nstable\n"
            f"set search_path = pg_catalog, pg_temp\nas $$ {body} $$;\n"
            f"comment on function {name}({types}) is 'Made by a test.';\n{after}\n",
        )

    def view(self, name: str, query: str) -> None:
        """Write a file with one proper view."""
        self.write(
            f"{name.replace('.', '/')}.sql",
            f"create or replace view {name} with (security_invoker = true) as\n{query};\n"
            f"comment on view {name} is 'Made by a test.';\n",
        )

    def remove(self, path: str) -> None:
        """Delete one file."""
        (self.directory / path).unlink()

    def apply(self) -> apply.Result:
        """Apply the directory."""
        return apply.apply(self.connection, directory=self.directory)

    def query(self, text: str) -> list[tuple[object, ...]]:
        """Run a query as the owner."""
        return self.connection.execute(text).fetchall()


def prepare_base(database: Database) -> None:
    """Give an empty database the product's roles and schemas, and two tables."""
    with connect(database.owner_url) as login:
        run_roles(login)
    with connect(database.owner_url, owner=True) as owner:
        owner.execute(_BASE)


@pytest.fixture
def code(empty_database: Database, tmp_path: Path) -> Iterator[Code]:
    """An empty db/code on a database with two tables."""
    prepare_base(empty_database)
    with connect(empty_database.owner_url, owner=True) as owner:
        directory = tmp_path / "code"
        directory.mkdir()
        yield Code(directory, owner)


@pytest.fixture
def migrated(empty_database: Database) -> Database:
    """A database migrated from empty, without the personas of the template."""
    migrate(empty_database.settings)
    return empty_database
