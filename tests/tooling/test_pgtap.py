"""The pgTAP runner: a file passes only when it says so itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from db.connection import Connection, connect
from db.settings import with_options
from tests.support.databases import TAP_TEMPLATE, TestCluster
from tests.support.pgtap import run_tap


@pytest.fixture(scope="module")
def tap(cluster: TestCluster) -> Iterator[Connection]:
    """A superuser's connection to a database with pgTAP."""
    with (
        cluster.clone(TAP_TEMPLATE) as database,
        connect(
            with_options(database.superuser_url, options="-c search_path=tap,public")
        ) as connection,
    ):
        yield connection


def _file(plan: int, *statements: str) -> str:
    lines = "\n".join(f"{statement};" for statement in statements)
    return f"begin;\nselect plan({plan});\n{lines}\nselect * from finish();\nrollback;\n"


def test_a_passing_file_has_no_problems(tap: Connection) -> None:
    outcome = run_tap(tap, _file(2, "select ok(true, 'a')", "select is(1, 1, 'b')"))
    assert (outcome.assertions, outcome.problems) == (2, ())


def test_a_failing_assertion_shows_its_sentence(tap: Connection) -> None:
    outcome = run_tap(tap, _file(2, "select ok(true, 'a')", "select is(1, 2, 'sums agree')"))
    assert outcome.problems[0] == "not ok 2 - sums agree"
    assert any("have: 1" in problem for problem in outcome.problems)


def test_an_error_names_its_line_and_how_far_it_came(tap: Connection) -> None:
    outcome = run_tap(tap, _file(2, "select ok(true, 'a')", "select ok(nothing)"))
    assert "after 1 assertion(s): line 4: ERROR:" in outcome.problems[0]


def test_a_wrong_or_missing_plan_is_a_problem(tap: Connection) -> None:
    assert "planned 2 assertion(s), ran 1" in run_tap(tap, _file(2, "select ok(true)")).problems
    assert run_tap(tap, "begin; select 1; rollback;").problems == (
        "no plan: `select plan(n);` is missing",
    )


def test_a_file_leaves_nothing_behind(tap: Connection) -> None:
    run_tap(
        tap,
        _file(
            1,
            "create table core.left_over (id bigint)",
            "set local session authorization authenticator",
            "set local role staff",
            "select is(current_user::text, 'staff', 'one becomes staff')",
        ).replace("rollback;", "")
        + "select nonsense;",
    )
    row = tap.execute("select current_user::text, to_regclass('core.left_over')").fetchone()
    assert row == ("postgres", None)
