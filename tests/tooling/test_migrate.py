"""Migrating: repeatable, serial, and strict about history."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from db import seed
from db.connection import connect
from db.exceptions import MigrationError, VoltaroError
from db.migrate import apply_code, migrate
from db.settings import login_url
from tests.support.databases import SECRETS, Database, TestCluster

_FIRST = """
create table ops.applied_code (
    path text not null,
    checksum text not null,
    objects jsonb not null,
    applied_at timestamptz not null default now(),
    constraint applied_code_pkey primary key (path)
);
alter table ops.applied_code enable row level security;
comment on table ops.applied_code is 'Which files of db/code are applied.';
create table ops.secrets (
    name text not null primary key,
    value text not null,
    updated_at timestamptz
);
alter table ops.secrets enable row level security;
comment on table ops.secrets is 'Keys.';
"""


def dump_schema(cluster: TestCluster, database: Database) -> str:
    """The schema as pg_dump writes it, without its random line."""
    result = subprocess.run(
        [
            cluster.cluster.tool("pg_dump"),
            "--schema-only",
            "--restrict-key=tests",
            f"--dbname={database.superuser_url}",
        ],
        check=True,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
    )
    return result.stdout


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A directory with one migration, beside an empty db/code."""
    (tmp_path / "code").mkdir()
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "0001-first.sql").write_text(_FIRST)
    return directory


def run(database: Database, history: Path) -> tuple[str, ...]:
    """Migrate a database with this history; return what was applied."""
    result = migrate(database.settings, migrations=history, code=history.parent / "code")
    return result.migrations


def test_migrating_twice_changes_nothing(cluster: TestCluster, migrated: Database) -> None:
    before = dump_schema(cluster, migrated)
    result = migrate(migrated.settings)
    assert result.migrations == ()
    assert result.code.ran == ()
    assert dump_schema(cluster, migrated) == before


def test_applying_everything_again_changes_nothing(
    cluster: TestCluster, migrated: Database
) -> None:
    before = dump_schema(cluster, migrated)
    with connect(migrated.owner_url, owner=True) as owner:
        owner.execute("update ops.applied_code set checksum = 'other'")
    assert apply_code(migrated.settings).ran
    assert dump_schema(cluster, migrated) == before


def test_the_logins_have_their_passwords_and_only_their_rights(migrated: Database) -> None:
    for login, password in (
        ("authenticator", SECRETS.authenticator_password),
        ("bridge", SECRETS.bridge_password),
        ("jobs", SECRETS.jobs_password),
    ):
        url = login_url(migrated.owner_url, login, password)
        with (
            psycopg.connect(url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("select from core.users")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(login_url(migrated.owner_url, "bridge", "wrong"))


def test_secrets_reach_the_database(migrated: Database) -> None:
    with connect(migrated.owner_url, owner=True) as owner:
        assert dict(owner.execute("select name, value from ops.secrets").fetchall()) == {
            "jwt_secret": SECRETS.jwt_secret,
            "charge_point_key_pepper": SECRETS.charge_point_key_pepper,
        }


def test_an_edited_migration_is_caught(empty_database: Database, history: Path) -> None:
    assert run(empty_database, history) == ("0001-first",)
    with (history / "0001-first.sql").open("a") as file:
        file.write("-- a later thought\n")
    with pytest.raises(MigrationError, match=r"0001-first\.sql was edited after it was applied"):
        run(empty_database, history)


def test_a_newer_database_is_refused(empty_database: Database, history: Path) -> None:
    (history / "0002-second.sql").write_text(
        "create table ops.more (id bigint);\n"
        "alter table ops.more enable row level security; comment on table ops.more is 'More.';"
    )
    run(empty_database, history)
    (history / "0002-second.sql").unlink()
    with pytest.raises(MigrationError, match=r"0002-second, which this checkout lacks"):
        run(empty_database, history)


def test_a_failed_migration_leaves_nothing(empty_database: Database, history: Path) -> None:
    run(empty_database, history)
    second = history / "0002-second.sql"
    second.write_text("create table ops.more (id bigint);\nselect 1 / 0;\n")
    with pytest.raises(MigrationError, match=r"0002-second\.sql: division by zero"):
        run(empty_database, history)
    second.write_text(
        "create table ops.more (id bigint);\n"
        "alter table ops.more enable row level security; comment on table ops.more is 'More.';"
    )
    assert run(empty_database, history) == ("0002-second",)


def test_a_migration_and_the_note_that_it_ran_are_one_transaction(
    empty_database: Database, history: Path
) -> None:
    """What cannot be noted did not happen: a kill leaves no migration half known."""
    run(empty_database, history)
    (history / "0002-second.sql").write_text(
        "create table ops.more (id bigint);\n"
        "alter table ops.more enable row level security; comment on table ops.more is 'More.';"
    )
    with connect(empty_database.owner_url, owner=True) as owner:
        owner.execute(
            "alter table yoyo.migration_checksums add constraint t check (false) not valid"
        )
        with pytest.raises(MigrationError):
            run(empty_database, history)
        assert owner.execute(
            "select to_regclass('ops.more') is null, count(*) from yoyo._yoyo_migration"
        ).fetchone() == (True, 1)
        owner.execute("alter table yoyo.migration_checksums drop constraint t")
    assert run(empty_database, history) == ("0002-second",)


def test_the_lock_of_a_killed_migrate_is_broken(empty_database: Database, history: Path) -> None:
    run(empty_database, history)
    with connect(empty_database.owner_url, owner=True) as owner:
        owner.execute("insert into yoyo.yoyo_lock (locked, ctime, pid) values (1, now(), 1)")
    assert run(empty_database, history) == ()


def test_concurrent_migrates_wait_for_each_other(empty_database: Database, history: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: run(empty_database, history), range(3)))
    assert sorted(results) == [(), (), ("0001-first",)]


def test_a_database_that_is_away_is_one_line(empty_database: Database, history: Path) -> None:
    away = empty_database.settings.with_database("postgresql://x:y@127.0.0.1:1/none")
    with pytest.raises(VoltaroError, match=r"^cannot connect to the database: .*$"):
        migrate(away, migrations=history)


def test_a_database_that_is_not_utf8_is_one_line(cluster: TestCluster) -> None:
    name = "test_of_latin1"
    with connect(cluster.cluster.superuser_url) as superuser:
        superuser.execute(
            f"create database {name} owner voltaro encoding 'LATIN1' locale 'C'"
            " locale_provider libc template template0"
        )
        try:
            with pytest.raises(MigrationError, match=r"^the database's encoding is LATIN1 and .*$"):
                migrate(cluster.database_at(name).settings)
        finally:
            superuser.execute(f"drop database {name}")


def test_the_demo_is_made_once(migrated: Database) -> None:
    assert seed.seed(migrated.settings) is True
    assert seed.seed(migrated.settings) is False
    with connect(migrated.owner_url, owner=True) as owner:
        found = owner.execute(
            "select u.email, r.name, t.slug"
            " from core.memberships as m"
            " inner join core.users as u on u.id = m.user_id"
            " inner join core.roles as r on r.tenant_id = m.tenant_id and r.id = m.role_id"
            " inner join core.tenants as t on t.id = m.tenant_id"
        ).fetchall()
        has_demo_charger = owner.execute(
            "select exists (select from core.charge_points where identity = %s)",
            [seed.CHARGE_POINT],
        ).fetchone()
    assert set(found) == {(item.email, item.role, item.tenant) for item in seed.ACCOUNTS}
    assert has_demo_charger == (True,)
