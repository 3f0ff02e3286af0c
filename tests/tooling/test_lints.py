"""Every catalogue lint speaks when its rule is broken, and only then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from db import lint
from db.connection import Connection, connect
from tests.support.databases import TestCluster
from tests.tooling.conftest import prepare_base

_FUNCTION = (
    "create function fleet.f(p_a integer default 1) returns integer language sql"
    " set search_path = pg_catalog, pg_temp return 1;"
    " comment on function fleet.f(integer) is 'Made by a test.';"
)
_OTHER_FUNCTION = _FUNCTION.replace("integer default 1", "text").replace("(integer)", "(text)")
_PARTITION = (
    "create table core.parts (at timestamptz not null) partition by range (at);"
    " alter table core.parts enable row level security;"
    " comment on table core.parts is 'Made by a test.';"
    " create table core.parts_1 partition of core.parts"
    " for values from ('2026-01-01Z') to ('2026-02-01Z');"
)
_OTHER = (
    "create table core.others (id bigint not null, thing_id bigint,"
    " constraint others_pkey primary key (id),"
    " constraint others_thing_id_fkey foreign key (thing_id) references core.things (id));"
    " alter table core.others enable row level security;"
    " comment on table core.others is 'Made by a test.';"
)
_FITTING = "using (id = (select current_setting('x')::bigint))"

# The statement that breaks a rule, and what the lint says.
_BROKEN = {
    "row_level_security": (
        "alter table core.things disable row level security",
        "core.things: has row-level security switched off",
    ),
    "partition_privileges": (
        f"{_PARTITION} grant select (at) on core.parts_1 to staff",
        "core.parts_1: is a partition that staff has rights on",
    ),
    "function_settings": (
        f"{_FUNCTION} alter function fleet.f(integer) reset search_path",
        "fleet.f: has no search_path of its own",
    ),
    "function_settings definer": (
        f"{_FUNCTION} alter function fleet.f(integer) security definer set search_path = ''",
        'fleet.f: is security definer with search_path "" instead of pg_catalog, pg_temp',
    ),
    "invoker_views": (
        "create view api.v as select 1 as n; comment on view api.v is 'Made by a test.'",
        "api.v: is a view without security_invoker",
    ),
    "invoker_views table": (
        (
            "create table api.t (); alter table api.t enable row level security;"
            " comment on table api.t is 'Made by a test.'"
        ),
        "api.t: is neither a view nor a function",
    ),
    "view_changes": (
        (
            "create view api.v with (security_invoker = true) as select 1 as n;"
            " comment on view api.v is 'Made by a test.'; grant select (n) on api.v to staff"
        ),
        "api.v: is a view whose change is a 500",
    ),
    "public_rights": (
        f"{_FUNCTION} grant execute on function fleet.f(integer) to public",
        "fleet.f: may be executed by public",
    ),
    "public_rights relation": (
        "grant select (id) on core.things to public",
        "core.things: gives rights to public",
    ),
    "public_rights schema": (
        "grant usage on schema ops to public",
        "ops: is a schema that gives rights to public",
    ),
    "anonymous": (
        f"{_FUNCTION} grant execute on function fleet.f(integer) to anon",
        "fleet.f: may be executed by anon",
    ),
    "anonymous missing": (
        _FUNCTION.replace("fleet.f", "api.login"),
        "api.login: is for anonymous requests, but anon may not execute it",
    ),
    "anonymous relation": (
        "grant select (id) on core.things to anon",
        "core.things: gives rights to anon",
    ),
    "foreign_key_indexes": (
        _OTHER,
        "core.others: has no index for others_thing_id_fkey",
    ),
    "foreign_key_indexes partial": (
        f"{_OTHER} create index others_thing_id_idx on core.others (thing_id) where id > 5",
        "core.others: has no index for others_thing_id_fkey",
    ),
    "comments": (
        f"{_FUNCTION} comment on function fleet.f(integer) is null",
        "fleet.f: has no comment",
    ),
    "comments table": (
        "comment on table core.things is null",
        "core.things: has no comment",
    ),
    "overloads api": (
        (
            "create function api.f(p_a integer) returns integer language sql"
            " set search_path = pg_catalog, pg_temp return 1;"
            " comment on function api.f(integer) is 'Made by a test.';"
            " create function api.f(p_a text) returns integer language sql"
            " set search_path = pg_catalog, pg_temp return 1;"
            " comment on function api.f(text) is 'Made by a test.';"
        ),
        "api.f: exists 2 times with different arguments",
    ),
    "overloads": (
        f"{_FUNCTION} {_OTHER_FUNCTION}",
        "fleet.f: exists 2 times with different arguments",
    ),
    "state_dependencies default": (
        f"{_FUNCTION} alter table core.things alter column id set default fleet.f(1)",
        "default value for column id of table core.things: depends on function fleet.f(integer)",
    ),
    "state_dependencies check": (
        (
            f"{_FUNCTION} alter table core.things add constraint things_id_check"
            " check (id > fleet.f(1))"
        ),
        "constraint things_id_check on table core.things: depends on function fleet.f(integer)",
    ),
    "state_dependencies policy": (
        f"{_FUNCTION} create policy p on core.things for select to staff using (id = fleet.f(1))",
        "policy p on table core.things: depends on function fleet.f(integer)",
    ),
    "policies everybody": (
        f"create policy p on core.things for select {_FITTING}",
        "p on core.things: is a policy for everybody",
    ),
    "policies commands": (
        f"create policy p on core.things to staff {_FITTING}",
        "p on core.things: is a policy for all commands",
    ),
    "policies update": (
        f"create policy p on core.things for update to staff {_FITTING}",
        "p on core.things: is a policy for update that lacks using or with check",
    ),
    "policies two": (
        (
            f"create policy p on core.things for select to staff, platform {_FITTING};"
            f" create policy q on core.things for select to staff {_FITTING}"
        ),
        "core.things: has 2 permissive policies for one role and command: p, q",
    ),
    "policies wrapped": (
        _FUNCTION.replace("fleet.f", "claims.f")
        + " create policy p on core.things for select to staff using (id = claims.f())",
        "p on core.things: calls claims without a select around it",
    ),
    "column_grants": (
        "grant update on core.things to staff",
        "core.things: gives update on all columns to staff",
    ),
    "names": (
        'alter table core.things rename column name to "theName"',
        "core.things.theName: is not named in snake_case",
    ),
}

# Statements that come close to breaking a rule, and do not.
_FINE = {
    "partition without row-level security": _PARTITION,
    "anon may execute what the API lists": (
        _FUNCTION.replace("fleet.f", "api.login")
        + " grant execute on function api.login(integer) to anon"
    ),
    "claims for anon": (
        _FUNCTION.replace("fleet.f", "claims.f")
        + " grant execute on function claims.f(integer) to anon"
    ),
    "foreign key with an index over what is not null": (
        f"{_OTHER} create index others_thing_id_idx on core.others (thing_id, id)"
        " where thing_id is not null"
    ),
    "restrictive beside permissive": (
        f"create policy p on core.things for select to staff {_FITTING};"
        f" create policy q on core.things as restrictive for select to staff {_FITTING}"
    ),
    "policy that wraps claims": (
        _FUNCTION.replace("fleet.f", "claims.f")
        + " create policy p on core.things for select to staff using (id = (select claims.f()))"
    ),
    "insert by column": "grant insert (id), update (name) on core.things to staff",
}


@pytest.fixture(scope="module")
def base(cluster: TestCluster) -> Iterator[Connection]:
    """A database with two tables that break no rule."""
    with cluster.empty() as database:
        prepare_base(database)
        with connect(database.owner_url, owner=True) as connection:
            yield connection


@pytest.fixture
def owner(base: Connection) -> Iterator[Connection]:
    """The same; what a test does to it is rolled back."""
    with base.transaction(force_rollback=True):
        yield base


@pytest.mark.parametrize("rule", _BROKEN)
def test_a_broken_rule_is_named(owner: Connection, rule: str) -> None:
    """One rule broken, one sentence, from the lint of that name."""
    statement, sentence = _BROKEN[rule]
    owner.execute(statement)
    assert f"{rule.partition(' ')[0]}: {sentence}" in lint.find_problems(owner)


def test_ownership_is_checked(owner: Connection) -> None:
    """The login could make objects in its owner's schemas without becoming the owner."""
    owner.execute("reset role")
    owner.execute("set role none")
    owner.execute("create view api.mine with (security_invoker = true) as select 1 as n")
    owner.execute("comment on view api.mine is 'Made by a test.'")
    assert lint.find_problems(owner) == ["ownership: api.mine: is not owned by voltaro_owner"]


@pytest.mark.parametrize("case", _FINE)
def test_what_only_looks_broken_passes(owner: Connection, case: str) -> None:
    """No false positives: somebody would switch the lint off."""
    owner.execute(_FINE[case])
    assert lint.find_problems(owner) == []


def test_every_lint_has_a_test() -> None:
    """A lint that nothing breaks may say nothing at all."""
    tested = {rule.partition(" ")[0] for rule in _BROKEN} | {"ownership"}
    assert {path.stem for path in lint.LINTS.glob("*.sql")} == tested
