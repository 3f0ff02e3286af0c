"""`supabase db push --remote=...`, by the real CLI, as a `postgres` who is no superuser."""

from __future__ import annotations

import difflib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from db import apply, lint, seed, supabase
from db.connection import connect
from db.exceptions import MigrationError
from db.migrate import migrate
from db.settings import ROOT, Secrets
from db.source import read_directory
from tests.supabase.project import CONFIG, Project
from tests.support.databases import SECRETS, TEMPLATE, TestCluster
from tests.support.processes import running_bridge, wait_until

_OURS = [
    "core", "ops", "claims", "access", "ocpp", "ocpp16", "fleet", "charging", "audit", "jobs",
    "report", "api",
]  # fmt: skip


@pytest.fixture
def owner(pushed: Project) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The project's database as `postgres` sees it, acting as voltaro_owner; rolled back."""
    with (
        connect(pushed.url("postgres"), owner=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


def test_the_first_push_runs_every_file_in_order(project: Project, first_push: str) -> None:
    """Roles first, code last."""
    files = sorted(path.name for path in (project.directory / "supabase/migrations").iterdir())
    assert re.findall(r"Applying migration (\S+\.sql)\.\.\.", first_push) == files


def test_the_second_push_finds_nothing_to_do(pushed: Project) -> None:
    """A version runs once."""
    result = pushed.supabase("db", "push", "--yes")
    assert result.returncode == 0, result.stderr
    assert "up to date" in result.stdout + result.stderr
    assert "Applying" not in result.stdout + result.stderr


def test_everything_belongs_to_the_owner(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """Also what roles.sql makes as `postgres`."""
    rows = owner.execute(
        """
        with ours as (
            select n.oid, n.nspname, n.nspowner
            from pg_namespace as n
            where n.nspname = any(%s)
        )
        select 'schema ' || o.nspname from ours as o
        where o.nspowner <> 'voltaro_owner'::regrole
        union all
        select c.oid::regclass::text
        from pg_class as c
        inner join ours as o on o.oid = c.relnamespace
        where c.relowner <> 'voltaro_owner'::regrole
        union all
        select p.oid::regprocedure::text
        from pg_proc as p
        inner join ours as o on o.oid = p.pronamespace
        where p.proowner <> 'voltaro_owner'::regrole
        """,
        [_OURS],
    ).fetchall()
    assert rows == []
    made = owner.execute("select from pg_proc where proowner = 'voltaro_owner'::regrole").fetchall()
    assert len(made) > 50


def test_the_owner_is_no_superuser_and_bypasses_nothing(
    owner: psycopg.Connection[tuple[object, ...]],
) -> None:
    """`postgres` bypasses row-level security there; what runs as the owner must not."""
    assert (
        owner.execute(
            "select rolname from pg_roles where (rolsuper or rolbypassrls) and rolname in"
            " ('voltaro_owner', 'bridge', 'jobs', 'authenticator', 'anon', 'authenticated',"
            " 'staff', 'customer', 'platform', 'analyst')"
        ).fetchall()
        == []
    )


def test_the_schema_is_the_one_that_migrate_makes(pushed: Project, cluster: TestCluster) -> None:
    """Two ways, one schema: the dumps differ in what Supabase's own roles are given."""
    with cluster.clone(TEMPLATE) as migrated:
        expected = _dump(cluster, migrated.owner_url)
    actual = _dump(cluster, pushed.url("postgres"))
    assert len(expected) > 1000
    difference = [
        line
        for line in difflib.unified_diff(expected, actual, "migrate", "push", n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    assert [line for line in difference if "supabase_auth_admin" not in line] == []


def _dump(cluster: TestCluster, url: str) -> list[str]:
    """The schema as text, without partitions: which exist depends on the day."""
    result = subprocess.run(
        [
            cluster.cluster.tool("pg_dump"),
            "--schema-only",
            "--restrict-key=same",
            *(f"--schema={schema}" for schema in _OURS),
            "--exclude-table=*_20[0-9][0-9]_[0-9][0-9]*",
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in result.stdout.splitlines() if line and not line.startswith("--")]


def test_no_lint_of_ours_is_broken(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """The catalogue lints of db/lint."""
    assert lint.find_problems(owner) == []


def test_the_advisors_of_supabase_find_nothing(pushed: Project) -> None:
    """The lints of Supabase itself, at level warning, for the schemas that config.toml exposes."""
    schemas = ",".join(CONFIG["api"]["schemas"])
    with connect(pushed.url("supabase_admin")) as superuser:
        superuser.execute(f"alter role postgres set pgrst.db_schemas = '{schemas}'")
    result = pushed.supabase("db", "advisors", "--level=warn", "--fail-on=warn")
    assert result.returncode == 0, result.stdout


def test_apply_takes_over_without_a_change(pushed: Project) -> None:
    """The code migration notes what it applied, as `python -m db apply` would have."""
    with connect(pushed.url("postgres"), owner=True) as connection:
        assert apply.apply(connection) == apply.Result()


def test_migrate_leaves_a_pushed_database_alone(pushed: Project) -> None:
    """Two books of what has run would contradict each other; the logins keep their passwords."""
    with pushed.clone() as clone:
        with pytest.raises(MigrationError, match="supabase db push"):
            migrate(replace(clone.settings, secrets=Secrets.generate()))
        with connect(clone.bridge_url) as bridge:
            assert bridge.execute("select 1").fetchone() == (1,)


def test_the_demo_tenants_can_be_made_there(pushed: Project) -> None:
    """`python -m db seed` with the project's URL: instead of a seed.sql with known passwords."""
    with pushed.clone("postgres") as clone, connect(clone.owner_url, owner=True) as owner:
        assert seed.seed(clone.settings) is True
        row = owner.execute("select count(*) from core.tenants").fetchone()
        assert row == (2,)
    assert re.sub(r"--[^\n]*", "", (ROOT / "supabase/seed.sql").read_text()).strip() == ""


def test_the_pepper_is_random_and_the_jwt_secret_is_not_made_up(
    owner: psycopg.Connection[tuple[object, ...]],
) -> None:
    """Only the project knows the secret that its PostgREST verifies with."""
    [(name, value)] = owner.execute("select name, value from ops.secrets").fetchall()
    assert name == "charge_point_key_pepper"
    assert re.fullmatch("[0-9a-f]{64}", str(value))


def test_partitions_are_there_for_today(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """The first message must not wait for the first job."""
    rows = owner.execute(
        "select p.table_name from ops.partitioned_tables as p"
        " where not (p.lower_at <= now() and now() < p.upper_at) or p.upper_at is null"
    ).fetchall()
    assert rows == []


def test_the_jobs_are_not_scheduled_without_pg_cron(pushed: Project) -> None:
    """A project without the extension runs `python -m jobs` somewhere."""
    with connect(pushed.url("postgres")) as connection:
        row = connection.execute("select to_regnamespace('cron')").fetchone()
        assert row == (None,)
        connection.execute(supabase.PG_CRON)


def test_pg_cron_runs_the_jobs_where_it_is_there(pushed: Project) -> None:
    """Scheduled by name, so that a second time replaces the first; the command really works."""
    with pushed.clone("postgres") as clone:
        with connect(clone.superuser_url) as superuser:
            superuser.execute(
                """
                create schema cron;
                create table cron.job (jobname text primary key, schedule text, command text);
                create function cron.schedule(job_name text, schedule text, command text)
                returns bigint
                language sql
                as $$
                    insert into cron.job values (job_name, schedule, command)
                    on conflict (jobname) do update
                    set schedule = excluded.schedule, command = excluded.command
                    returning 1::bigint
                $$;
                grant usage on schema cron to postgres;
                grant all on cron.job to postgres;
                """
            )
        with connect(clone.superuser_url) as superuser:
            superuser.execute(
                "insert into ops.job_schedules (job, cron, next_run_at, description)"
                " values ('tend_outbox_monthly', '0 6 1 * *', 'infinity', 'of this test');"
                "create function jobs.tend_outbox_monthly() returns text language sql"
                " as $$ select 'monthly' $$;"
                "grant execute on function jobs.tend_outbox_monthly() to voltaro_owner"
            )
        with connect(clone.owner_url) as connection:
            connection.execute(supabase.PG_CRON)
            connection.execute(supabase.PG_CRON)
            jobs = {
                str(name): (str(schedule), str(command))
                for name, schedule, command in connection.execute("table cron.job").fetchall()
            }
            assert {name: schedule for name, (schedule, _) in jobs.items()} == {
                "voltaro": "10 seconds",
                "voltaro_forget_runs": "17 * * * *",
                "voltaro_tend_outbox_monthly": "0 6 1 * *",
            }
            connection.execute(jobs["voltaro_tend_outbox_monthly"][1])
            ran = connection.execute(
                "select detail from ops.job_runs where job = 'tend_outbox_monthly'"
            ).fetchall()
            assert ran == [("monthly",)]
            connection.execute(jobs["voltaro"][1])
            due = connection.execute(
                "select count(*) from ops.job_schedules where next_run_at <= now()"
            ).fetchone()
            assert due == (0,)


def test_the_bridge_serves_on_it(pushed: Project, tmp_path: Path) -> None:
    """Its login may do there what it may elsewhere."""
    with (
        pushed.clone() as clone,
        connect(clone.superuser_url) as superuser,
        running_bridge(clone.settings, tmp_path) as bridge,
    ):
        wait_until(
            lambda: superuser.execute("select from ops.bridges").fetchone() is not None,
            what="the bridge in the database",
        )
        assert bridge.process.poll() is None
    assert SECRETS.bridge_password not in bridge.log.read_text()


def test_nothing_is_changed_without_a_condition() -> None:
    """Supabase loads safeupdate: an UPDATE or DELETE without WHERE fails there."""
    statement = re.compile(
        r"(?<![\w.])(?:update\s+(?:only\s+)?[a-z_]+\.[a-z_]+[^;]*?\bset\b|delete\s+from\s)[^;]*",
        re.IGNORECASE,
    )
    offenders = [
        f"{file.path}: {' '.join(match.group().split())[:60]}"
        for file in read_directory(apply.CODE).values()
        for match in statement.finditer(re.sub(r"--[^\n]*", "", file.text))
        if not re.search(r"\bwhere\b", match.group(), re.IGNORECASE)
    ]
    assert offenders == []
