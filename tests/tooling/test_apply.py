"""Applying code: changed files only, nothing left behind, nothing taken along."""

from __future__ import annotations

import time

import pytest

from db.exceptions import ApplyError, LintError, SourceError
from tests.tooling.conftest import Code


def test_the_second_apply_does_nothing_and_is_fast(code: Code) -> None:
    code.function("fleet.one")
    assert code.apply().ran == ("fleet/one.sql",)
    began = time.monotonic()
    assert code.apply().ran == ()
    assert time.monotonic() - began < 0.3


def test_only_the_changed_file_runs_again(code: Code) -> None:
    code.function("fleet.one")
    code.function("fleet.two")
    code.apply()
    code.function("fleet.two", body="select 2")
    assert code.apply().ran == ("fleet/two.sql",)
    assert code.query("select fleet.two()") == [(2,)]


def test_files_run_in_the_order_of_what_they_mention(code: Code) -> None:
    code.view("api.alphas", "select b.n from api.betas as b")
    code.view("api.betas", "select fleet.one() as n")
    code.function("fleet.one")
    assert code.apply().ran == ("fleet/one.sql", "api/betas.sql", "api/alphas.sql")


def test_a_view_and_a_function_may_share_a_name(code: Code) -> None:
    code.write(
        "api/a.sql",
        "create or replace function api.things(p_row api.owners) returns setof api.things\n"
        "language sql set search_path = pg_catalog, pg_temp\n"
        "as $$ select t.id from api.things as t $$;\n"
        "comment on function api.things(api.owners) is 'Made by a test.';\n",
    )
    code.view("api.owners", "select 1 as id")
    code.view("api.things", "select t.id from core.things as t")
    assert code.apply().ran == ("api/owners.sql", "api/things.sql", "api/a.sql")


def test_relationships_of_one_name_come_and_go_by_themselves(code: Code) -> None:
    def write(owner: str, limit: int) -> None:
        code.write(
            f"api/things_of_{owner}.sql",
            (
                "create or replace function api.things(p_row api.OWNER)"
                " returns setof api.things rows 1\n"
                "language sql set search_path = pg_catalog, pg_temp\n"
                "as $$ select t.id from api.things as t limit LIMIT $$;\n"
                "comment on function api.things(api.OWNER) is 'Made by a test.';\n"
            )
            .replace("OWNER", owner)
            .replace("LIMIT", str(limit)),
        )

    for owner in ("owners", "users"):
        code.view(f"api.{owner}", "select 1 as id")
        write(owner, 1)
    code.view("api.things", "select t.id from core.things as t")
    code.apply()
    write("users", 2)
    assert code.apply().ran == ("api/things_of_users.sql",)
    assert code.apply().ran == ()
    assert code.query("select count(*) from pg_proc where proname = 'things'") == [(2,)]
    code.remove("api/things_of_users.sql")
    assert code.apply().dropped == ("function api.things(api.users)",)
    # A view that is made anew takes the relationship of its row along, and no other.
    code.view("api.owners", "select 'a' as name")
    assert "api/things_of_owners.sql" in code.apply().ran
    assert code.query("select count(*) from pg_proc where proname = 'things'") == [(1,)]


def test_a_mention_in_a_comment_string_or_body_is_not_a_need(code: Code) -> None:
    code.function("fleet.one", body="select fleet.two()", after="-- fleet.two\nselect 'fleet.two';")
    code.function("fleet.two", body="select 1", after="/* fleet.one */")
    assert set(code.apply().ran) == {"fleet/one.sql", "fleet/two.sql"}


def test_a_circle_is_named(code: Code) -> None:
    code.view("api.alphas", "select b.n from api.betas as b")
    code.view("api.betas", "select a.n from api.alphas as a")
    with pytest.raises(SourceError, match=r"api/\w+\.sql -> api/\w+\.sql -> api/\w+\.sql"):
        code.apply()


def test_a_changed_signature_leaves_no_second_function(code: Code) -> None:
    code.function("fleet.one", arguments="p_a integer")
    code.apply()
    code.function("fleet.one", arguments="p_a integer, p_b text", body="select 2")
    code.apply()
    assert code.query(
        "select pg_get_function_identity_arguments(oid) from pg_proc where proname = 'one'"
    ) == [("p_a integer, p_b text",)]


def test_a_changed_result_type_remakes_what_depends_on_the_function(code: Code) -> None:
    code.function("fleet.one")
    code.view("api.ones", "select fleet.one() as n")
    code.view("api.twos", "select o.n from api.ones as o")
    code.apply()
    code.function("fleet.one", returns="text", body="select 'x'::text")
    result = code.apply()
    assert result.ran == ("fleet/one.sql", "api/ones.sql", "api/twos.sql")
    assert result.dropped == ()
    assert code.query("select n from api.twos") == [("x",)]


def test_a_changed_signature_remakes_what_used_the_old_one(code: Code) -> None:
    code.function("fleet.one", arguments="p_a integer")
    code.view("api.ones", "select fleet.one(1) as n")
    code.apply()
    code.function("fleet.one", arguments="p_a integer, p_b text default 'x'", body="select 2")
    code.apply()
    assert code.query("select n from api.ones") == [(2,)]


def test_a_column_taken_from_a_view_remakes_its_dependants(code: Code) -> None:
    code.view("api.alphas", "select 1 as a, 2 as b")
    code.view("api.betas", "select x.a from api.alphas as x")
    code.function("api.label", arguments="p_row api.betas", returns="text", body="select 'l'")
    code.apply()
    code.view("api.alphas", "select 1 as a")
    assert code.apply().ran == ("api/alphas.sql", "api/betas.sql", "api/label.sql")
    assert code.query("select * from api.betas") == [(1,)]
    assert code.query("select api.label(b) from api.betas as b") == [("l",)]


def test_a_dependant_that_still_needs_what_went_is_named(code: Code) -> None:
    code.view("api.alphas", "select 1 as a, 2 as b")
    code.view("api.betas", "select x.b from api.alphas as x")
    code.apply()
    code.view("api.alphas", "select 1 as a")
    with pytest.raises(ApplyError, match=r"api/betas\.sql.*x\.b does not exist"):
        code.apply()
    assert code.query("select b from api.betas") == [(2,)]


def test_what_left_the_source_is_dropped(code: Code) -> None:
    code.function("fleet.one")
    code.view("api.ones", "select 1 as n")
    code.write(
        "core/things.sql",
        "create policy things_select_staff on core.things for select to staff using (true);\n"
        "grant select on core.things to staff;\n",
    )
    code.apply()
    code.remove("fleet/one.sql")
    code.remove("api/ones.sql")
    code.remove("core/things.sql")
    assert code.apply().dropped == (
        "function fleet.one",
        "policy things_select_staff on core.things",
        "view api.ones",
    )
    assert code.query("select from ops.applied_code") == []
    assert code.query("select from pg_policy where polrelid = 'core.things'::regclass") == []
    assert code.query("select has_table_privilege('staff', 'core.things', 'select')") == [(False,)]


def test_an_object_may_move_to_another_file(code: Code) -> None:
    policy = "create policy p_staff on core.things for select to staff using (true);\n"
    code.write("core/b.sql", policy)
    code.function("fleet.one")
    code.apply()
    code.remove("core/b.sql")
    code.write("core/a.sql", policy)
    (code.directory / "fleet/one.sql").rename(code.directory / "fleet/first.sql")
    assert code.apply().dropped == ()
    assert code.query("select polname from pg_policy") == [("p_staff",)]
    assert code.query("select fleet.one()") == [(1,)]


def test_a_grant_that_left_the_source_is_revoked(code: Code) -> None:
    code.function("fleet.one", after="grant execute on function fleet.one() to staff, customer;")
    code.apply()
    code.function("fleet.one", after="grant execute on function fleet.one() to customer;")
    code.apply()
    assert code.query(
        "select has_function_privilege('staff', 'fleet.one()', 'execute'),"
        " has_function_privilege('customer', 'fleet.one()', 'execute')"
    ) == [(False, True)]


def test_grants_of_two_files_on_one_table_both_hold(code: Code) -> None:
    code.write("core/a.sql", "grant select (id) on core.things to staff;")
    code.write("core/b.sql", "grant select (name) on core.things to customer;")
    code.apply()
    code.write("core/a.sql", "grant select (name) on core.things to staff;")
    assert set(code.apply().ran) == {"core/a.sql", "core/b.sql"}
    assert code.query(
        "select has_column_privilege('staff', 'core.things', 'id', 'select'),"
        " has_column_privilege('staff', 'core.things', 'name', 'select'),"
        " has_column_privilege('customer', 'core.things', 'name', 'select')"
    ) == [(False, True, True)]


def test_a_remade_function_keeps_the_grants_of_other_files(code: Code) -> None:
    code.function("fleet.one")
    code.write("fleet/grants.sql", "grant execute on function fleet.one() to staff;")
    code.apply()
    code.function("fleet.one", returns="text", body="select 'x'::text")
    code.apply()
    assert code.query("select has_function_privilege('staff', 'fleet.one()', 'execute')") == [
        (True,)
    ]


def test_a_comment_that_left_the_source_is_gone(code: Code) -> None:
    view = "create or replace view api.ones with (security_invoker = true) as select 1 as n;\n"
    comment = "comment on view api.ones is 'Ones.';\n"
    code.write("api/ones.sql", view + comment + "comment on column api.ones.n is 'A number.';\n")
    code.apply()
    code.write("api/ones.sql", view + comment)
    code.apply()
    assert code.query("select col_description('api.ones'::regclass, 1)") == [(None,)]


def test_triggers_are_remade_with_their_function(code: Code) -> None:
    trigger_function = """
        create or replace function fleet.tg_x() returns trigger language plpgsql
        set search_path = pg_catalog, pg_temp as $$ begin {body} end; $$;
        comment on function fleet.tg_x() is 'Made by a test.';
    """
    code.write("fleet/tg_x.sql", trigger_function.format(body="new.name := 'a'; return new;"))
    code.write(
        "core/things.sql",
        "create trigger things__x before insert on core.things\n"
        "for each row execute function fleet.tg_x();\n"
        "create constraint trigger things__y after insert on core.things\n"
        "deferrable initially deferred for each row execute function fleet.tg_x();\n",
    )
    code.apply()
    code.write("fleet/tg_x.sql", trigger_function.format(body="new.name := 'b'; return new;"))
    assert code.apply().ran == ("fleet/tg_x.sql",)
    code.write(
        "core/things.sql",
        "create trigger things__x before insert on core.things\n"
        "for each row execute function fleet.tg_x();\n",
    )
    assert code.apply().dropped == ("trigger things__y on core.things",)
    assert code.query("insert into core.things (id) values (1) returning name") == [("b",)]


def test_state_that_depends_on_code_stops_the_apply(code: Code) -> None:
    code.function("fleet.is_good", arguments="p_a text", returns="boolean", body="select true")
    code.apply()
    code.connection.execute(
        "alter table core.things add constraint things_name_check check (fleet.is_good(name))"
    )
    code.remove("fleet/is_good.sql")
    with pytest.raises(ApplyError, match=r"state depends on it: constraint things_name_check"):
        code.apply()
    assert code.query("select fleet.is_good('x')") == [(True,)]


def test_claims_are_never_dropped(code: Code) -> None:
    code.function("claims.tenant_id", returns="bigint", body="select 1::bigint")
    code.apply()
    code.function("claims.tenant_id", returns="text", body="select 'x'::text")
    with pytest.raises(ApplyError, match=r"function claims\.tenant_id .* frozen"):
        code.apply()
    code.remove("claims/tenant_id.sql")
    with pytest.raises(ApplyError, match=r"function claims\.tenant_id .* frozen"):
        code.apply()


def test_bodies_are_checked_when_everything_exists(code: Code) -> None:
    code.function("fleet.one", body="select fleet.two()")
    code.function("fleet.two")
    code.apply()
    code.function("fleet.one", body="select fleet.three()")
    with pytest.raises(ApplyError, match=r"fleet/one\.sql: function fleet\.three\(\) does not"):
        code.apply()
    code.write(
        "fleet/one.sql",
        "create or replace function fleet.one() returns integer language plpgsql as\n"
        "$$ begin retrun 1; end; $$;\n",
    )
    with pytest.raises(ApplyError, match=r"fleet/one\.sql: syntax error"):
        code.apply()


def test_an_error_names_file_and_line_and_changes_nothing(code: Code) -> None:
    code.function("fleet.one")
    code.write("fleet/two.sql", "-- A view.\n\ncreate or replace view fleet.two as\nselect nil;\n")
    with pytest.raises(ApplyError, match=r"fleet/two\.sql:4: column \"nil\" does not exist"):
        code.apply()
    assert code.query("select from pg_proc where proname = 'one'") == []


def test_what_somebody_dropped_by_hand_comes_back(code: Code) -> None:
    code.function("fleet.one")
    code.apply()
    code.connection.execute("drop function fleet.one()")
    assert code.apply().ran == ("fleet/one.sql",)


def test_state_in_a_code_file_is_refused(code: Code) -> None:
    code.write("core/x.sql", "create table core.more (id bigint);")
    with pytest.raises(SourceError, match=r"core/x\.sql.*create table core\.more.*a migration"):
        code.apply()


def test_an_object_of_two_files_is_refused(code: Code) -> None:
    code.function("fleet.one")
    (code.directory / "fleet/two.sql").write_text((code.directory / "fleet/one.sql").read_text())
    with pytest.raises(SourceError, match=r"function fleet\.one is defined twice"):
        code.apply()


def test_a_broken_rule_aborts_the_apply(code: Code) -> None:
    code.write(
        "fleet/one.sql",
        "create or replace function fleet.one() returns integer language sql\n"
        "return 1;\ncomment on function fleet.one() is 'Made by a test.';\n",
    )
    with pytest.raises(LintError, match=r"function_settings: fleet\.one: has no search_path"):
        code.apply()
    assert code.query("select from pg_proc where proname = 'one'") == []
