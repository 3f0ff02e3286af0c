"""One PostgreSQL per test run, and databases cloned from a migrated template.

The run's controller owns a directory below the system's temporary one; the first test that
needs a database starts the server there, whichever worker it runs in, and the controller stops
it at the end. The template is built once: roles, migrations, code and the personas.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from psycopg import sql
from pytest_postgresql.janitor import DatabaseJanitor

from bridge.schemas import digest, request_schemas
from db.cluster import Cluster
from db.connection import Connection, connect
from db.exceptions import VoltaroError
from db.migrate import migrate, run_file
from db.process import is_alive, start_time
from db.settings import ROOT, Secrets, Settings, login_url
from tests.support.processes import free_port

__all__ = [
    "SECRETS",
    "Database",
    "TestCluster",
    "forget_run",
    "get_cluster",
    "make_run",
    "start_cluster",
    "store_schemas",
]

PERSONAS = ROOT / "tests" / "db" / "personas.sql"
TEMPLATE = "voltaro_template"
TAP_TEMPLATE = "voltaro_template_tap"
_RUN = "VOLTARO_TEST_RUN"
_PREFIX = "voltaro-tests-"

SECRETS = Secrets(
    postgres_password="postgres-of-tests",
    voltaro_password="voltaro-of-tests",
    authenticator_password="authenticator-of-tests",
    bridge_password="bridge-of-tests",
    jobs_password="jobs-of-tests",
    jwt_secret="a-secret-of-tests-that-is-long-enough-0123456789",
    charge_point_key_pepper="a-pepper-of-tests-0123456789",
    demo_password="password-of-tests",
    demo_charge_point_key="KeyOfTheTestCharger1",
)


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a test, reachable as each of the logins."""

    name: str
    superuser_url: str
    """For what no login may do; nothing is asserted with it."""
    settings: Settings
    """What the commands and parts take; `database_url` in it is the login `voltaro`."""

    @property
    def owner_url(self) -> str:
        """The migration login `voltaro`, which inherits voltaro_owner."""
        return self.settings.database_url

    @property
    def authenticator_url(self) -> str:
        """What PostgREST connects with."""
        return self.settings.authenticator_url

    @property
    def bridge_url(self) -> str:
        """What the bridge connects with."""
        return self.settings.bridge_url

    @property
    def jobs_url(self) -> str:
        """What the jobs runner connects with."""
        return self.settings.jobs_url


class TestCluster:
    """The server of this run, as one process sees it."""

    __test__ = False

    def __init__(self, run: Path, port: int) -> None:
        self._run = run
        self._names = itertools.count(1)
        self.cluster = _cluster(run, port)

    def database_at(self, name: str) -> Database:
        """Describe a database of this server by name."""
        port = self.cluster.port
        base = f"postgresql://127.0.0.1:{port}/{name}"
        settings = Settings(
            home=self._run / "home" / name,
            db_port=port,
            api_host="127.0.0.1",
            api_port=1,
            ocpp_host="127.0.0.1",
            ocpp_port=2,
            api_max_rows=1000,
            jwks_file=None,
            seeds_demo=False,
            external_url=login_url(base, "voltaro", SECRETS.voltaro_password),
            secrets=SECRETS,
        )
        superuser = login_url(base, "postgres", SECRETS.postgres_password)
        return Database(name=name, superuser_url=superuser, settings=settings)

    @contextlib.contextmanager
    def clone(self, template: str = TEMPLATE) -> Iterator[Database]:
        """Clone a template for as long as the context lasts."""
        self._await_templates()
        name = f"test_{os.getpid()}_{next(self._names)}"
        janitor = self._janitor(name, template)
        janitor.init()
        try:
            self._copy_privileges(template, name)
            clone = self.database_at(name)
            with connect(clone.superuser_url) as superuser:
                # A run takes longer than the heartbeats after which a charger counts as away.
                superuser.execute("update ops.presence set last_seen_at = now() where is_connected")
            yield clone
        finally:
            janitor.drop()

    @contextlib.contextmanager
    def empty(self) -> Iterator[Database]:
        """An empty database of the login `voltaro`, before any migrate."""
        name = f"test_{os.getpid()}_{next(self._names)}"
        self.cluster.create_database(name)
        try:
            yield self.database_at(name)
        finally:
            self._janitor(name, None).drop()

    def _await_templates(self) -> None:
        """Build the templates, or wait for the worker that does; fail as it did."""
        record = self._run / "templates.json"
        with FileLock(self._run / "templates.lock"):
            if not record.exists():
                error: str | None = None
                try:
                    self._build_templates()
                except VoltaroError as failure:
                    error = str(failure)
                record.write_text(json.dumps({"error": error}))
            failed = json.loads(record.read_text())["error"]
        if failed is not None:
            pytest.fail(f"the test database could not be built: {failed}", pytrace=False)

    def _build_templates(self) -> None:
        self.cluster.create_database(TEMPLATE)
        template = self.database_at(TEMPLATE)
        migrate(template.settings)
        if PERSONAS.exists():
            with connect(template.owner_url, owner=True) as owner:
                run_file(owner, PERSONAS)
        with connect(template.owner_url, owner=True) as owner:
            store_schemas(owner)
        self.cluster.install_pgtap()
        self._janitor(TAP_TEMPLATE, TEMPLATE).init()
        with connect(self.database_at(TAP_TEMPLATE).superuser_url) as superuser:
            superuser.execute("create schema tap")
            superuser.execute("create extension pgtap with schema tap")
            superuser.execute("grant usage on schema tap to public")

    def _janitor(self, name: str, template: str | None) -> DatabaseJanitor:
        return DatabaseJanitor(
            user="postgres",
            password=SECRETS.postgres_password,
            host="127.0.0.1",
            port=self.cluster.port,
            dbname=name,
            template_dbname=template,
        )

    def _copy_privileges(self, template: str, name: str) -> None:
        """A clone has the template's content, but neither its owner nor its privileges."""
        target = sql.Identifier(name)
        with connect(self.cluster.superuser_url) as superuser:
            superuser.execute(sql.SQL("alter database {} owner to voltaro").format(target))
            superuser.execute(sql.SQL("revoke all on database {} from public").format(target))
            for privilege, grantee in superuser.execute(
                "select a.privilege_type, a.grantee::regrole::text"
                " from pg_database as d, aclexplode(d.datacl) as a"
                " where d.datname = %s and a.grantee <> d.datdba",
                [template],
            ).fetchall():
                who = sql.SQL("public") if grantee == "-" else sql.Identifier(grantee)
                superuser.execute(
                    sql.SQL("grant {} on database {} to {}").format(sql.SQL(privilege), target, who)
                )


def store_schemas(connection: Connection) -> None:
    """Store the schemas of OCPP's requests, as a bridge does at its start."""
    schemas = request_schemas("1.6")
    connection.execute(
        "select ocpp.store_schemas('1.6', %s, %s)", [digest(schemas), json.dumps(schemas)]
    )


def make_run() -> Path:
    """Make the directory of this run, in the controller; workers find it by environment."""
    for old in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if _is_abandoned(old):
            forget_run(old)
    run = Path(tempfile.mkdtemp(prefix=_PREFIX))
    run.chmod(0o755)
    owner = {"pid": os.getpid(), "start": start_time(os.getpid())}
    (run / "controller.json").write_text(json.dumps(owner))
    os.environ[_RUN] = str(run)
    return run


def forget_run(run: Path) -> None:
    """Stop the server of a run, if it ever started, and delete everything of the run."""
    with contextlib.suppress(FileNotFoundError, KeyError, ValueError):
        port = json.loads((run / "cluster.json").read_text())["port"]
        cluster = _cluster(run, port)
        cluster.stop()
        cluster.remove()
    shutil.rmtree(run, ignore_errors=True)


_processes: list[subprocess.Popen[bytes]] = []
_clusters: list[TestCluster] = []


def get_cluster() -> TestCluster:
    """The run's server, started by whoever asks first."""
    if not _clusters:
        run = Path(os.environ[_RUN])
        record = run / "cluster.json"
        with FileLock(run / "cluster.lock"):
            if not record.exists():
                record.write_text(json.dumps({"port": _start(run)}))
        _clusters.append(TestCluster(run, json.loads(record.read_text())["port"]))
    return _clusters[0]


def start_cluster(run: Path) -> TestCluster:
    """Start a server of a test's own below `run`, to be stopped at will; forget_run ends it."""
    port = _start(run)
    (run / "cluster.json").write_text(json.dumps({"port": port}))
    return TestCluster(run, port)


def _start(run: Path) -> int:
    for attempt in itertools.count(1):
        port = free_port()
        cluster = _cluster(run, port)
        cluster.initialise()
        with (run / "postgresql.log").open("ab") as log:
            try:
                _processes.append(cluster.start(log))
            except VoltaroError:
                # Somebody else may have been quicker to take the port.
                if attempt == 3:
                    raise
            else:
                break
    cluster.prepare_login(password=SECRETS.voltaro_password)
    return port


def _cluster(run: Path, port: int) -> Cluster:
    return Cluster.below(
        run,
        port=port,
        superuser_password=SECRETS.postgres_password,
        configuration={
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
            "max_wal_senders": "0",
            "wal_level": "minimal",
            "shared_buffers": "'128MB'",
            "max_connections": "200",
        },
    )


def _is_abandoned(run: Path) -> bool:
    try:
        owner = json.loads((run / "controller.json").read_text())
    except (OSError, ValueError):
        return time.time() - run.stat().st_mtime > 3600
    return not is_alive(owner["pid"], owner["start"])
