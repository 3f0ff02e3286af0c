"""A server prepared like a Supabase project, and the CLI that pushes to it.

It is a server of its own: roles belong to a whole server, and here `postgres` is no superuser.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from psycopg import sql

from db import parts, supabase
from db.cluster import Cluster
from db.connection import connect
from db.migrate import run_file
from db.settings import ROOT, Settings, login_url
from tests.support.databases import PERSONAS, SECRETS, Database, store_schemas
from tests.support.processes import RunningPart, free_port, running, wait_until

__all__ = ["CLI", "CONFIG", "Project", "running_project", "running_supabase_postgrest"]

CLI = ROOT / "node_modules/@supabase/cli-linux-x64/bin/supabase"
PLATFORM = ROOT / "tests/supabase/platform.sql"
ISSUER = "https://abcdefghijklmnopqrst.supabase.co/auth/v1"
TEMPLATE = "with_personas"

CONFIG: Mapping[str, Any] = tomllib.loads((ROOT / "supabase/config.toml").read_text())
"""supabase/config.toml."""

_CONFIGURATION = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "'64MB'",
    "wal_level": "logical",
}


@dataclass(slots=True)
class Project:
    """The server; its database `postgres` is the project's."""

    directory: Path
    """Holds supabase/ as the CLI reads it, and the CLI's own files."""
    cluster: Cluster
    _names: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, user: str, database: str = "postgres") -> str:
        """URL of a login. All logins of these tests share one password, but for SECRETS'."""
        passwords = {
            "authenticator": SECRETS.authenticator_password,
            "bridge": SECRETS.bridge_password,
            "jobs": SECRETS.jobs_password,
        }
        base = f"postgresql://127.0.0.1:{self.cluster.port}/{database}"
        return login_url(base, user, passwords.get(user, SECRETS.postgres_password))

    def supabase(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI on the project's database; it may call nobody else."""
        return subprocess.run(
            [
                str(CLI),
                *arguments,
                f"--workdir={self.directory}",
                f"--remote={self.url('postgres')}",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.directory),
                "SUPABASE_HOME": str(self.directory / ".supabase"),
                "SUPABASE_TELEMETRY_DISABLED": "1",
                "DO_NOT_TRACK": "1",
                "SUPABASE_NO_UPDATE_NOTIFIER": "1",
                "SUPABASE_NO_KEYRING": "1",
                "NO_COLOR": "1",
                "CI": "1",
            },
        )

    def database_at(self, name: str) -> Database:
        """What the tests of the API take; the migration login is `postgres`."""
        settings = Settings(
            home=self.directory / "home" / name,
            db_port=self.cluster.port,
            api_host="127.0.0.1",
            api_port=1,
            ocpp_host="127.0.0.1",
            ocpp_port=2,
            api_max_rows=CONFIG["api"]["max_rows"],
            jwks_file=None,
            seeds_demo=False,
            external_url=self.url("postgres", name),
            secrets=SECRETS,
        )
        return Database(
            name=name, superuser_url=self.url("supabase_admin", name), settings=settings
        )

    @contextlib.contextmanager
    def clone(self, template: str = TEMPLATE) -> Iterator[Database]:
        """A copy of the pushed database (template `postgres`), or of that with the personas."""
        if template == TEMPLATE:
            self._make_template()
        name = f"test_{next(self._names)}"
        self._copy(template, name)
        try:
            yield self.database_at(name)
        finally:
            with connect(self.url("supabase_admin")) as superuser:
                superuser.execute(
                    sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
                )

    def _copy(self, template: str, name: str) -> None:
        target = sql.Identifier(name)
        with connect(self.url("supabase_admin", "template1")) as superuser:
            superuser.execute(
                sql.SQL("create database {} template {} owner postgres").format(
                    target, sql.Identifier(template)
                )
            )
            # What a copy does not take along.
            superuser.execute(sql.SQL("revoke temporary on database {} from public").format(target))
            superuser.execute(
                sql.SQL("grant create, connect on database {} to voltaro_owner").format(target)
            )

    def _make_template(self) -> None:
        """The pushed database with what an operator adds: the logins' passwords, the JWT secret."""
        with connect(self.url("supabase_admin", "template1")) as superuser:
            row = superuser.execute(
                "select from pg_database where datname = %s", [TEMPLATE]
            ).fetchone()
        if row is not None:
            return
        unfinished = f"{TEMPLATE}_{next(self._names)}"
        self._copy("postgres", unfinished)
        with connect(self.url("postgres", unfinished)) as operator:
            for login in ("bridge", "jobs"):
                operator.execute(
                    sql.SQL("alter role {} password {}").format(
                        sql.Identifier(login),
                        sql.Literal(getattr(SECRETS, f"{login}_password")),
                    )
                )
        with connect(self.url("postgres", unfinished), owner=True) as owner:
            for name in ("jwt_secret", "charge_point_key_pepper"):
                owner.execute(
                    "insert into ops.secrets (name, value) values (%s, %s)"
                    " on conflict (name) do update set value = excluded.value",
                    [name, getattr(SECRETS, name)],
                )
            run_file(owner, PERSONAS)
            store_schemas(owner)
        with connect(self.url("supabase_admin", "template1")) as superuser:
            superuser.execute(
                sql.SQL("alter database {} rename to {}").format(
                    sql.Identifier(unfinished), sql.Identifier(TEMPLATE)
                )
            )


@contextlib.contextmanager
def running_project(directory: Path) -> Iterator[Project]:
    """Start the server, prepare it like a Supabase one, push once; stop it in the end."""
    project = _start(directory)
    try:
        _prepare(project.cluster, project.url("supabase_admin"))
        shutil.copytree(ROOT / "supabase", directory / "supabase", dirs_exist_ok=True)
        supabase.write(directory / "supabase/migrations")
        yield project
    finally:
        project.cluster.stop()
        project.cluster.remove()
        shutil.rmtree(directory, ignore_errors=True)


def _start(directory: Path) -> Project:
    cluster = Cluster.below(
        directory,
        port=free_port(),
        superuser_password=SECRETS.postgres_password,
        configuration=_CONFIGURATION,
    )
    cluster.initialise()
    with (directory / "postgresql.log").open("ab") as log:
        cluster.start(log)
    return Project(directory, cluster)


def _prepare(cluster: Cluster, supabase_admin_url: str) -> None:
    """Turn `postgres`, the first superuser here, into supabase_admin, who is it there."""
    with connect(cluster.superuser_url) as superuser:
        superuser.execute("create role initial superuser login")
        superuser.execute(
            sql.SQL("alter role initial password {}").format(sql.Literal(SECRETS.postgres_password))
        )
    with connect(login_url(cluster.superuser_url, "initial", SECRETS.postgres_password)) as other:
        other.execute("alter role postgres rename to supabase_admin")
    with connect(supabase_admin_url) as superuser:
        superuser.execute("drop role initial")
        run_file(superuser, PLATFORM)
        for login in ("postgres", "supabase_auth_admin", "service_role"):
            superuser.execute(
                sql.SQL("alter role {} password {}").format(
                    sql.Identifier(login), sql.Literal(SECRETS.postgres_password)
                )
            )
        superuser.execute(
            sql.SQL("alter role authenticator password {}").format(
                sql.Literal(SECRETS.authenticator_password)
            )
        )


@contextlib.contextmanager
def running_supabase_postgrest(settings: Settings, directory: Path) -> Iterator[RunningPart]:
    """PostgREST told what Supabase's is told, by config.toml; the rest is in the database."""
    port, admin_port = free_port(), free_port()
    api = CONFIG["api"]
    environment = {
        "PGRST_DB_URI": settings.authenticator_url,
        "PGRST_DB_SCHEMAS": ",".join(api["schemas"]),
        "PGRST_DB_EXTRA_SEARCH_PATH": ",".join(api["extra_search_path"]),
        "PGRST_DB_MAX_ROWS": str(api["max_rows"]),
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_JWT_SECRET": f"@{parts.write_jwks(settings, directory / 'jwks.json')}",
        "PGRST_SERVER_HOST": "127.0.0.1",
        "PGRST_SERVER_PORT": str(port),
        "PGRST_ADMIN_SERVER_PORT": str(admin_port),
    }
    log = directory / "postgrest.log"
    command = [str(parts.find_postgrest())]
    with running(command, environment, log=log) as process:
        try:
            wait_until(
                lambda: process.poll() is not None or _is_ready(admin_port), what="PostgREST"
            )
        except TimeoutError as error:
            raise AssertionError(f"{error}; its log:\n{log.read_text()[-3000:]}") from None
        yield RunningPart(process, log, f"http://127.0.0.1:{port}")


def _is_ready(admin_port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{admin_port}/ready").status_code == 200
    except httpx.TransportError:
        return False
