"""Bring a database to the state of this checkout: roles, migrations, secrets, code.

Migrations are yoyo's; on top, a table of checksums catches a migration that was edited after
it ran. Concurrent calls wait for each other on an advisory lock.
"""

from __future__ import annotations

import hashlib
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import psycopg
import yoyo
from psycopg import sql
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.exceptions import LockTimeout
from yoyo.migrations import default_migration_table

from db import apply
from db.connection import OWNER, Connection, connect, describe, execute_text
from db.exceptions import MigrationError
from db.settings import ROOT, Secrets, Settings, with_options

__all__ = ["Result", "apply_code", "migrate", "run_file", "run_roles"]

MIGRATIONS = ROOT / "db" / "migrations"
ROLES = ROOT / "db" / "roles.sql"

# Two 32-bit keys: "volt" and "migr". Waits for nobody but another migrate of this database.
_LOCK = (0x766F6C74, 0x6D696772)

_CHECKSUMS = """
create table if not exists yoyo.migration_checksums (
    migration_id text not null,
    checksum text not null,
    constraint migration_checksums_pkey primary key (migration_id)
)
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What a migrate did."""

    migrations: tuple[str, ...]
    """Ids of the migrations applied now."""
    code: apply.Result


def migrate(
    settings: Settings, *, migrations: Path = MIGRATIONS, code: Path = apply.CODE
) -> Result:
    """Migrate and apply. Repeatable; raises a VoltaroError that says what is in the way."""
    url = settings.database_url
    with connect(url) as connection:
        _check_encoding(connection)
        connection.execute("select pg_advisory_lock(%s, %s)", _LOCK)
        _refuse_pushed(connection)
        run_roles(connection)
        _set_passwords(connection, settings.secrets)
        applied = _run_migrations(url, migrations)
        with connect(url, owner=True) as owner:
            _store_secrets(owner, settings.secrets)
            result = apply.apply(owner, directory=code, lints_always=bool(applied))
            _make_partitions(owner)
            owner.execute("notify pgrst, 'reload schema'")
    return Result(migrations=applied, code=result)


def apply_code(settings: Settings) -> apply.Result:
    """Apply db/code alone, when no migrate is running."""
    with connect(settings.database_url, owner=True) as connection:
        connection.execute("select pg_advisory_lock(%s, %s)", _LOCK)
        result = apply.apply(connection)
        if result.ran or result.dropped:
            connection.execute("notify pgrst, 'reload schema'")
    return result


def _check_encoding(connection: Connection) -> None:
    """Refuse a database that cannot hold every text."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise MigrationError(
            f"the database's encoding is {encoding} and must be UTF8: make another one with "
            "`create database ... encoding 'UTF8' template template0`"
        )


def _refuse_pushed(connection: Connection) -> None:
    """Leave a database alone whose migrations come from Supabase's CLI, before touching it."""
    row = connection.execute(
        "select to_regclass('ops.applied_code') is not null"
        " and to_regclass('yoyo.migration_checksums') is null"
        " and to_regclass('supabase_migrations.schema_migrations') is not null"
    ).fetchone()
    if row == (True,):
        raise MigrationError(
            "this database is migrated by `supabase db push`: run `make supabase` and push"
        )


def run_file(connection: Connection, path: Path) -> None:
    """Run a whole SQL file in one transaction. Raises MigrationError with file and line."""
    text = path.read_text()
    try:
        with connection.transaction():
            execute_text(connection, text)
    except psycopg.Error as error:
        raise MigrationError(describe(error, path, text)) from error


def run_roles(connection: Connection) -> None:
    """Run db/roles.sql as the migration login."""
    # Roles belong to the cluster: a migrate of another database may be at them right now.
    for attempt in range(5):
        try:
            run_file(connection, ROLES)
            return
        except MigrationError as error:
            cause = error.__cause__
            is_race = isinstance(
                cause,
                psycopg.errors.UniqueViolation
                | psycopg.errors.DuplicateObject
                | psycopg.errors.InternalError_,
            )
            if attempt == 4 or not is_race:
                raise
            time.sleep(0.1 * (attempt + 1))


def _set_passwords(connection: Connection, secrets: Secrets) -> None:
    """Give the logins their passwords, as verifiers: the server never sees the text.

    On Supabase, `authenticator` keeps the password that Supabase gave it.
    """
    passwords = {
        "authenticator": secrets.authenticator_password,
        "bridge": secrets.bridge_password,
        "jobs": secrets.jobs_password,
    }
    row = connection.execute("select from pg_roles where rolname = 'supabase_admin'").fetchone()
    if row is not None:
        del passwords["authenticator"]
    for login, password in passwords.items():
        verifier = connection.pgconn.encrypt_password(
            password.encode(), login.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(
            sql.SQL("alter role {} password {}").format(
                sql.Identifier(login), sql.Literal(verifier)
            )
        )


def _run_migrations(url: str, directory: Path) -> tuple[str, ...]:
    logging.getLogger("yoyo.migrations").setLevel(logging.ERROR)
    target = with_options(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        schema="yoyo",
        # A migration that waits for a lock blocks everybody behind it: rather fail and try later.
        options=f"-c role={OWNER} -c lock_timeout=10s",
    )
    sources = yoyo.read_migrations(str(directory))
    checksums = {
        source.id: hashlib.sha256(Path(source.path).read_bytes()).hexdigest() for source in sources
    }
    done: list[str] = []
    # Made directly: yoyo.get_backend probes with statements that fail, and log errors, each time.
    backend = PostgresqlPsycopgBackend(parse_uri(target), default_migration_table)
    with connect(url, owner=True) as record, backend:
        record.execute(_CHECKSUMS)
        if record.execute("select to_regclass('yoyo.yoyo_lock')").fetchone() == (None,):
            backend.create_lock_table()
        # The advisory lock says that nobody else migrates: a row here was left by a process
        # that was killed, and yoyo would wait for it for ever.
        backend.break_lock()
        backend.ensure_internal_schema_updated()
        applied = {
            row[0] for row in record.execute("select migration_id from yoyo._yoyo_migration")
        }
        _compare(record, applied, checksums)
        with backend.lock():
            for migration in backend.to_apply(sources):
                path = Path(migration.path)
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        _apply_one(backend, migration, checksums[migration.id])
                except psycopg.Error as error:
                    # yoyo runs statement by statement: the position is of no use.
                    raise MigrationError(describe(error, path, "")) from error
                except LockTimeout as error:
                    raise MigrationError(f"yoyo's lock is taken: {error}") from error
                done.append(migration.id)
    return tuple(done)


def _apply_one(
    backend: PostgresqlPsycopgBackend, migration: yoyo.migrations.Migration, checksum: str
) -> None:
    """Run a migration and note that it ran, in one transaction.

    yoyo's own apply_one takes two: a kill between them would leave a migration that is done, not
    known to be, and cannot run again.
    """
    with backend.copy() as own:
        own.ensure_internal_schema_updated()
        with own.transaction():
            migration.process_steps(own, "apply")
            own.log_migration(migration, "apply")
            own.mark_one(migration, log=False)
            own.execute(
                "insert into yoyo.migration_checksums (migration_id, checksum)"
                " values (:id, :checksum)",
                {"id": migration.id, "checksum": checksum},
            )


def _compare(record: Connection, applied: set[str], checksums: dict[str, str]) -> None:
    stored: dict[str, str] = dict(
        record.execute("select migration_id, checksum from yoyo.migration_checksums").fetchall()
    )
    for migration_id in sorted(applied):
        if migration_id not in checksums:
            raise MigrationError(
                f"the database has migration {migration_id}, which this checkout lacks: "
                "it was migrated by a newer version"
            )
        if migration_id not in stored:
            _remember(record, migration_id, checksums[migration_id])
        elif stored[migration_id] != checksums[migration_id]:
            raise MigrationError(
                f"db/migrations/{migration_id}.sql was edited after it was applied: put it back "
                "and write a new migration (or `make reset` to forget this database)"
            )


def _remember(record: Connection, migration_id: str, checksum: str) -> None:
    record.execute(
        "insert into yoyo.migration_checksums (migration_id, checksum) values (%s, %s)"
        " on conflict (migration_id) do update set checksum = excluded.checksum",
        [migration_id, checksum],
    )


def _make_partitions(connection: Connection) -> None:
    """Make the partitions that a new table lacks: its first row may come before the first job."""
    name = "jobs.maintain_partitions()"
    if connection.execute("select to_regprocedure(%s)", [name]).fetchone() != (None,):
        connection.execute("select jobs.maintain_partitions()")


def _store_secrets(connection: Connection, secrets: Secrets) -> None:
    """Keep in the database what its functions sign and hash with."""
    for name in ("jwt_secret", "charge_point_key_pepper"):
        connection.execute(
            "insert into ops.secrets (name, value) values (%s, %s)"
            " on conflict (name) do update set value = excluded.value, updated_at = now()"
            " where secrets.value is distinct from excluded.value",
            [name, getattr(secrets, name)],
        )
