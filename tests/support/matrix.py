"""The access matrix: try a statement as somebody and tell what rows it reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

__all__ = ["ACTORS", "Actor", "Matrix", "Reached", "Row"]

OWN, OTHER = 101, 102
"""Ids of the tenants greenway and bluecharge."""

_DENIED = {
    "42501",  # no right on the relation, the column or the schema, or a policy's check
    "PT403",  # refused with a sentence
    "55000",  # a view that nobody can write through
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who tries: a persona of greenway, no token at all, or a database login."""

    name: str
    act: LiteralString
    """The call of a helper of tests/db/personas.sql."""

    @property
    def is_platform(self) -> bool:
        """Whether other tenants are theirs to see."""
        return self.name == "platform_admin"


ACTORS = (
    Actor("anonymous", "tests.act_as_anonymous()"),
    Actor("customer", "tests.act_as('greenway.customer')"),
    Actor("viewer", "tests.act_as('greenway.viewer')"),
    Actor("support", "tests.act_as('greenway.support')"),
    Actor("operator", "tests.act_as('greenway.operator')"),
    Actor("admin", "tests.act_as('greenway.admin')"),
    Actor("platform_admin", "tests.act_as('greenway.platform_admin')"),
    Actor("bridge", "tests.act_as_login('bridge')"),
    Actor("jobs", "tests.act_as_login('jobs')"),
    Actor("analyst", "tests.act_as_login('greenway_analyst')"),
    Actor("analyst_of_nobody", "tests.act_as_login('matrix_analyst')"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the superuser sees it: its key, and whose it is."""

    key: tuple[Any, ...]
    tenant_id: int | None
    user_id: Any


@dataclass(frozen=True, slots=True)
class Reached:
    """What a statement came to: rows (by key), or None when it was refused."""

    keys: frozenset[tuple[Any, ...]] | None
    sqlstate: str | None = None


class Matrix:
    """Statements in the role of an actor, each in a savepoint that is rolled back.

    The connection is a superuser's, in an open transaction that is never committed.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.connection = connection

    def query(self, statement: sql.Composed | sql.SQL) -> list[tuple[Any, ...]]:
        """Ask as the superuser."""
        return _hashable_rows(self.connection.execute(statement).fetchall())

    def attempt(self, actor: Actor, statement: sql.Composed | sql.SQL) -> Reached:
        """Run a statement as `actor`; rows it returns are the ones it reached.

        A refusal of the right to do it is None; an error that comes later (a foreign key, a
        rule of the trade) means that the row was reached, with its SQLSTATE.
        """
        try:
            with self.connection.transaction(force_rollback=True):
                self.connection.execute(sql.SQL("select ") + sql.SQL(actor.act))
                cursor = self.connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
                return Reached(frozenset(_hashable_rows(rows)))
        except psycopg.Error as error:
            if error.sqlstate in _DENIED:
                return Reached(None, error.sqlstate)
            return Reached(frozenset(), error.sqlstate)

    def rows(
        self, relation: str, key: Sequence[str], tenant: str | None, person: str | None
    ) -> list[Row]:
        """Every row of a relation with whose it is.

        A report names the tenant of the login, so it is read once as an analyst of each.
        """
        statement = sql.SQL("select {}, {}, {} from {} as r").format(
            columns(key),
            sql.SQL(tenant or "null"),
            sql.SQL(person or "null"),
            name(relation),
        )
        if not relation.startswith("report."):
            return [Row(tuple(row[:-2]), row[-2], row[-1]) for row in self.query(statement)]
        rows: list[Row] = []
        for tenant_id in (OWN, OTHER):
            with self.connection.transaction(force_rollback=True):
                self.connection.execute(
                    "insert into core.analysts (login, tenant_id) values (session_user, %s)",
                    (tenant_id,),
                )
                rows += [Row(tuple(row[:-2]), row[-2], row[-1]) for row in self.query(statement)]
        return rows

    def readable(self, relation: str, actor: Actor, privilege: str = "select") -> list[str]:
        """Columns of a relation that `actor` has a privilege on."""
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(sql.SQL("select ") + sql.SQL(actor.act))
            return self._columns(relation, privilege)

    def columns(self, relation: str) -> list[str]:
        """All columns of a relation."""
        return self._columns(relation, "select")

    def _columns(self, relation: str, privilege: str) -> list[str]:
        rows = self.connection.execute(
            "select a.attname from pg_catalog.pg_attribute as a"
            " where a.attrelid = ("
            "     select c.oid from pg_catalog.pg_class as c"
            "     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
            "     where n.nspname || '.' || c.relname = %(relation)s)"
            " and a.attnum > 0 and not a.attisdropped"
            " and pg_catalog.has_column_privilege(a.attrelid, a.attnum, %(privilege)s)"
            " order by a.attnum",
            {"relation": relation, "privilege": privilege},
        )
        return [row[0] for row in rows]


def _hashable_rows(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [
        tuple(repr(value) if isinstance(value, dict | list) else value for value in row)
        for row in rows
    ]


def name(relation: str) -> sql.Identifier:
    """A qualified name as an identifier."""
    return sql.Identifier(*relation.split("."))


def columns(names: Iterable[str]) -> sql.Composed:
    """A list of columns."""
    return sql.SQL(", ").join(sql.Identifier(column) for column in names)


def matches(key: Sequence[str], row: Row) -> sql.Composed:
    """The condition that names one row."""
    return sql.SQL("({}) is not distinct from row({})").format(
        sql.SQL("row({})").format(columns(key)),
        sql.SQL(", ").join(sql.Literal(value) for value in row.key),
    )
