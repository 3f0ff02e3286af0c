"""Who reaches which rows: every role, every relation, every verb, own and other tenant.

Statements are run in the role, with the claims PostgREST would set; nothing is read off the
catalogue but the list of relations and functions. access_matrix.json says what each relation of
`api` and `report` is meant to give to whom: everybody who is not named there has to be refused,
and a relation or function that is not in it fails the first tests here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.databases import Database
from tests.support.matrix import (
    ACTORS,
    OTHER,
    OWN,
    Actor,
    Matrix,
    Reached,
    Row,
    columns,
    matches,
    name,
)

EXPECTED: dict[str, Any] = json.loads((Path(__file__).parent / "access_matrix.json").read_text())
RELATIONS: dict[str, dict[str, Any]] = EXPECTED["relations"]
TABLES: dict[str, str] = EXPECTED["tables_without_tenant"]
FUNCTIONS: dict[str, list[str]] = EXPECTED["functions"]

# How many rows of each kind (own, the tenant's, another's, nobody's) are tried one by one.
_SAMPLES = 3

# What PostgreSQL says of generated and computed columns before it looks at rights.
_NO_COLUMN_TO_WRITE = {"428C9", "0A000"}


@pytest.fixture(scope="module")
def matrix(module_database: Database) -> Iterator[Matrix]:
    """One transaction of a superuser, rolled back at the end."""
    with psycopg.connect(module_database.superuser_url) as connection:
        yield Matrix(connection)
        connection.rollback()


@pytest.fixture(scope="module")
def me(matrix: Matrix) -> dict[str, Any]:
    """Ids of the actors that are persons."""
    found = matrix.query(sql.SQL("select name, user_id from tests.personas where tenant_id = 101"))
    return {persona.split(".")[1]: user_id for persona, user_id in found}


def _scope(relation: str, verb: str, actor: Actor) -> str:
    """What an actor is meant to reach: all, tenant, own, or nothing by default."""
    given: dict[str, list[str]] = RELATIONS[relation].get(verb, {})
    return next((scope for scope, actors in given.items() if actor.name in actors), "denied")


def _within(rows: list[Row], scope: str, user_id: Any) -> list[Row]:
    """The rows of a scope."""
    return {
        "all": rows,
        "tenant": [row for row in rows if row.tenant_id == OWN],
        "own": [row for row in rows if row.tenant_id in {OWN, None} and row.user_id == user_id],
        "none": [],
    }[scope]


def _key(relation: str) -> list[str]:
    return list(RELATIONS[relation].get("key", ["tenant_id", "id"]))


def _rows(matrix: Matrix, relation: str) -> list[Row]:
    expected = RELATIONS[relation]
    rows = matrix.rows(
        relation, _key(relation), expected.get("tenant", "r.tenant_id"), expected.get("person")
    )
    assert len({row.key for row in rows}) == len(rows), f"{_key(relation)} is no key of {relation}"
    if expected.get("tenant", "r.tenant_id") is not None:
        # Without the other tenant's row in front of it, a test of leaks proves nothing.
        assert {OWN, OTHER} <= {row.tenant_id for row in rows}, "personas.sql lacks rows of both"
    else:
        assert rows, "personas.sql lacks rows"
    return rows


def _sample(rows: list[Row], user_id: Any) -> list[Row]:
    kinds: dict[tuple[int | None, bool], list[Row]] = {}
    for row in rows:
        kinds.setdefault((row.tenant_id, row.user_id == user_id), []).append(row)
    return [row for kind in kinds.values() for row in kind[:_SAMPLES]]


def _all_relations(matrix: Matrix, *kinds: str) -> set[str]:
    found = matrix.query(
        sql.SQL(
            "select n.nspname || '.' || c.relname from pg_catalog.pg_class as c"
            " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
            " where n.nspowner = 'voltaro_owner'::regrole and c.relkind in ({})"
        ).format(sql.SQL(", ").join(sql.Literal(kind) for kind in kinds))
    )
    return {row[0] for row in found}


def test_every_exposed_relation_is_classified(matrix: Matrix) -> None:
    """A view that nobody has thought about is not there by accident."""
    found = {
        relation
        for relation in _all_relations(matrix, "r", "p", "v", "m", "f")
        if relation.split(".")[0] in {"api", "report"}
    }
    assert found == set(RELATIONS)


def test_every_table_without_a_tenant_is_classified(matrix: Matrix) -> None:
    """A table either carries tenant_id or is named with the condition of a tenant's rows."""
    with_tenant = {
        row[0]
        for row in matrix.query(
            sql.SQL(
                "select a.attrelid::regclass::text from pg_catalog.pg_attribute as a"
                " where a.attname = 'tenant_id' and not a.attisdropped"
            )
        )
    }
    tables = {
        table
        for table in _all_relations(matrix, "r", "p")
        if table.split(".")[0] in {"core", "ops"}
    }
    assert tables - with_tenant == set(TABLES)


@pytest.mark.parametrize("relation", RELATIONS)
def test_select(matrix: Matrix, me: dict[str, Any], relation: str) -> None:
    """Exactly the rows of the scope are seen; without a scope the statement is refused."""
    rows = _rows(matrix, relation)
    statement = sql.SQL("select {} from {}").format(columns(_key(relation)), name(relation))
    for actor in ACTORS:
        scope = _scope(relation, "select", actor)
        seen = matrix.attempt(actor, statement).keys
        if scope == "denied":
            assert seen is None, f"{actor.name} may read {relation}"
        else:
            expected = frozenset(r.key for r in _within(rows, scope, me.get(actor.name)))
            assert seen == expected, f"{actor.name} does not see `{scope}` of {relation}"
            assert expected or scope == "none", f"nothing in {relation} shows what {scope} means"


@pytest.mark.parametrize("verb", ["update", "delete"])
@pytest.mark.parametrize("relation", RELATIONS)
def test_change(matrix: Matrix, me: dict[str, Any], relation: str, verb: str) -> None:
    """Row by row: those of the scope are reached, others are not there or refused."""
    rows = _rows(matrix, relation)
    for actor in ACTORS:
        scope = _scope(relation, verb, actor)
        user_id = me.get(actor.name)
        allowed = set() if scope == "denied" else {r.key for r in _within(rows, scope, user_id)}
        for row in _sample(rows, user_id):
            reached = _change(matrix, actor, relation, verb, row)
            what = f"{verb} of {row.key} in {relation} by {actor.name}"
            if scope == "denied":
                assert reached.keys is None, f"{what} was not refused"
            elif row.key in allowed:
                is_reached = reached.keys == frozenset([row.key]) or reached.sqlstate is not None
                assert reached.keys is not None, f"{what} was refused"
                assert is_reached, f"{what} found nothing"
            else:
                assert not reached.keys, f"{what} leaks"
                assert reached.sqlstate in {None, "42501", "PT403"}, f"{what} leaks"


def _change(matrix: Matrix, actor: Actor, relation: str, verb: str, row: Row) -> Reached:
    returning = sql.SQL(" where {} returning {}").format(
        matches(_key(relation), row), columns(_key(relation))
    )
    if verb == "delete":
        return matrix.attempt(actor, sql.SQL("delete from {}").format(name(relation)) + returning)
    # Any column that may be written will do; where none may, any column has to be refused.
    writable = matrix.readable(relation, actor, "update")
    for column in writable or matrix.columns(relation):
        statement = sql.SQL("update {} set {} = {}").format(
            name(relation),
            sql.Identifier(column),
            sql.Identifier(column) if writable else sql.SQL("default"),
        )
        reached = matrix.attempt(actor, statement + returning)
        if reached.sqlstate not in _NO_COLUMN_TO_WRITE:
            break
    return reached


@pytest.mark.parametrize("relation", RELATIONS)
def test_no_row_moves_to_another_tenant(matrix: Matrix, relation: str) -> None:
    """Nobody, not even the platform, writes tenant_id of a row that exists."""
    if "tenant_id" not in _key(relation):
        return
    statement = sql.SQL("update {} set tenant_id = {} where tenant_id = {}").format(
        name(relation), sql.Literal(OTHER), sql.Literal(OWN)
    )
    for actor in ACTORS:
        reached = matrix.attempt(actor, statement)
        assert reached.keys is None, f"{actor.name} can move rows of {relation}"


@pytest.mark.parametrize("relation", RELATIONS)
def test_insert(matrix: Matrix, relation: str) -> None:
    """A valid row goes into the tenants of the scope, and into no other."""
    sample: dict[str, Any] = RELATIONS[relation].get("insert", {}).get("sample", {})
    for actor in ACTORS:
        scope = _scope(relation, "insert", actor)
        if scope == "denied":
            statement = _insert(relation, sample, OWN)
            reached = matrix.attempt(actor, statement)
            assert reached.keys is None, f"{actor.name} may insert into {relation}"
            continue
        own = matrix.attempt(actor, _insert(relation, sample, OWN))
        assert (own.keys, own.sqlstate) == (frozenset(), None), f"{actor.name}: {relation}: {own}"
        other = matrix.attempt(actor, _insert(relation, sample, OTHER))
        if scope == "all":
            assert (other.keys, other.sqlstate) == (frozenset(), None), f"{relation}: {other}"
        else:
            assert other.keys is None, f"{actor.name} may insert into {relation} of another tenant"
        if "{n}" in json.dumps(sample):
            mixed = matrix.attempt(actor, _insert(relation, sample, OWN, references=OTHER))
            assert mixed.keys is None or mixed.sqlstate is not None, (
                f"{actor.name} may refer to another tenant's rows from {relation}"
            )


def _insert(
    relation: str, sample: dict[str, Any], tenant_id: int, *, references: int | None = None
) -> sql.Composed:
    """An insert of the sample row: {t} is the tenant, {n} where its rows' ids begin."""
    if not sample:
        return sql.SQL("insert into {} default values").format(name(relation))
    base = 1000 if (references or tenant_id) == OWN else 2000
    values = [str(value).replace("{t}", str(tenant_id)) for value in sample.values()]
    return sql.SQL("insert into {} ({}) values ({})").format(
        name(relation),
        columns(sample),
        sql.SQL(", ").join(sql.Literal(_add(value, base)) for value in values),
    )


def _add(value: str, base: int) -> str:
    """`{n}1` is the first row of a tenant: 1001 or 2001."""
    return str(base + int(value.removeprefix("{n}"))) if value.startswith("{n}") else value


@pytest.mark.parametrize("verb", ["select", "insert", "update", "delete"])
def test_nobody_reaches_a_table(matrix: Matrix, verb: str) -> None:
    """Tables and partitions are behind views and functions for every role there is."""
    for relation in sorted(_all_relations(matrix, "r", "p", "v", "m", "f")):
        if relation.split(".")[0] in {"api", "report"}:
            continue
        statement = {
            "select": sql.SQL("select 1 from {} limit 1"),
            "insert": sql.SQL("insert into {} default values"),
            "update": sql.SQL("update {} set ctid = ctid"),
            "delete": sql.SQL("delete from {}"),
        }[verb].format(name(relation))
        for actor in ACTORS:
            reached = matrix.attempt(actor, statement)
            assert reached.sqlstate == "42501", f"{actor.name} may {verb} {relation}: {reached}"


def test_tables_would_not_leak_to_who_reaches_them(matrix: Matrix) -> None:
    """With the schemas opened, row-level security alone keeps tenants and persons apart."""
    tables = sorted(
        table
        for table in _all_relations(matrix, "r", "p")
        if table.split(".")[0] in {"core", "ops"}
    )
    with matrix.connection.transaction(force_rollback=True):
        matrix.connection.execute(
            "grant usage on schema core, ops"
            " to anon, authenticated, staff, customer, platform, bridge, jobs, analyst"
        )
        for table in tables:
            condition = sql.SQL(TABLES.get(table, "r.tenant_id = 101"))
            for actor in ACTORS:
                readable = matrix.readable(table, actor)
                if actor.is_platform or not readable:
                    continue
                statement = sql.SQL("select {} from {} as r").format(columns(readable), name(table))
                seen = matrix.attempt(actor, statement)
                ours = matrix.query(statement + sql.SQL(" where ") + condition)
                assert seen.keys is None or seen.keys <= set(ours), (
                    f"{actor.name} sees rows of others in {table}"
                )


def test_partitions_give_nothing_to_anybody(matrix: Matrix) -> None:
    """Rights are on the parent: a partition's own would go round its policies."""
    partitions = matrix.query(
        sql.SQL(
            "select n.nspname || '.' || c.relname from pg_catalog.pg_class as c"
            " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
            " where c.relispartition and c.relkind = 'r'"
        )
    )
    assert partitions
    for (partition,) in partitions:
        for actor in ACTORS:
            for privilege in ("select", "insert", "update"):
                assert matrix.readable(partition, actor, privilege) == [], (partition, actor.name)


# A relationship for embedding shares its name: the row that it takes tells it apart.
_FUNCTIONS = sql.SQL(
    "select n.nspname || '.' || p.proname || coalesce('(api.' || v.relname || ')', ''),"
    " p.oid::regprocedure::text"
    " from pg_catalog.pg_proc as p"
    " join pg_catalog.pg_namespace as n on n.oid = p.pronamespace"
    " left join pg_catalog.pg_class as v on n.nspname = 'api' and p.pronargs = 1"
    " and v.reltype = p.proargtypes[0] and v.relkind = 'v'"
    " where n.nspowner = 'voltaro_owner'::regrole"
)


def test_every_function_is_classified(matrix: Matrix) -> None:
    """Who may call what: exactly the functions listed for each role, schema included."""
    for role, expected in FUNCTIONS.items():
        found = matrix.query(
            sql.SQL(
                "{functions} and pg_catalog.has_schema_privilege({role}, n.oid, 'usage')"
                " and pg_catalog.has_function_privilege({role}, p.oid, 'execute')"
            ).format(functions=_FUNCTIONS, role=sql.Literal(role))
        )
        assert {row[0] for row in found} == set(expected), f"functions of {role}"


def test_functions_refuse_who_is_not_listed(matrix: Matrix) -> None:
    """The same by calling each with nulls: refused before it runs, or let in."""
    functions = matrix.query(
        sql.SQL("{} and p.prorettype <> 'trigger'::regtype").format(_FUNCTIONS)
    )
    roles = {"anonymous": "anon", "customer": "customer", "platform_admin": "platform"}
    for actor in ACTORS:
        role = roles.get(actor.name, actor.name.removesuffix("_of_nobody"))
        role = role if role in FUNCTIONS else "staff"
        for function, signature in functions:
            if function in FUNCTIONS[role]:
                continue
            arguments = signature[signature.index("(") + 1 : -1]
            nulls = ", ".join(f"null::{kind}" for kind in arguments.split(",") if kind)
            call = sql.SQL(f"select {signature.partition('(')[0]}({nulls})")
            reached = matrix.attempt(actor, call)
            assert reached.sqlstate == "42501", f"{actor.name} may call {signature}: {reached}"
