"""A small installation of one's own: cluster, database, bridge, on free ports, thrown away after.

Nothing here is shared with the stack of `make start`: its parts may be killed at will. The
cluster keeps PostgreSQL's own settings for what matters here (fsync and synchronous_commit on).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from db import parts
from db.cluster import Cluster, embedded_cluster
from db.connection import Connection, connect
from db.migrate import migrate
from db.settings import ROOT, Settings
from tests.support.processes import free_port, wait_until

__all__ = ["BridgeProcess", "Installation"]

_START_TIMEOUT_S = 30.0


class BridgeProcess:
    """A bridge that is started, killed and drained at will, always on the same port."""

    def __init__(
        self, settings: Settings, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment` holds variables on top of what `settings` says."""
        self.port = settings.ocpp_port
        self.log = log
        self._environment = {**parts.bridge_environment(settings), **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None
        """None while it does not run."""

    @property
    def url(self) -> str:
        """Where chargers connect; their identity follows after a slash."""
        return f"ws://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and return once it listens."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                parts.module_command("bridge"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, **self._environment},
            )
        self.process = process

        def is_listening() -> bool:
            if process.poll() is not None:
                raise AssertionError(f"the bridge ended at once:\n{self.log.read_text()}")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            return False

        wait_until(is_listening, what="the bridge listens", timeout_s=_START_TIMEOUT_S)

    def kill(self) -> None:
        """Kill it (SIGKILL) if it runs, and reap it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def drain(self) -> int:
        """Ask it to end (SIGTERM) and return its exit status."""
        assert self.process is not None
        self.process.terminate()
        status = self.process.wait(timeout=_START_TIMEOUT_S)
        self.process = None
        return status


class Installation:
    """Cluster, migrated database and bridge below one scratch directory."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        """`environment` holds VOLTARO_ variables on top of the home and the free ports."""
        self.home = home
        self.settings = Settings.from_environment(
            {
                "VOLTARO_HOME": str(home),
                "VOLTARO_DB_PORT": str(free_port()),
                "VOLTARO_API_PORT": str(free_port()),
                "VOLTARO_OCPP_PORT": str(free_port()),
                "VOLTARO_FILES_PORT": str(free_port()),
                **environment,
            }
        )
        self.cluster: Cluster = embedded_cluster(self.settings)
        self._bridge = BridgeProcess(self.settings, home / "bridge.log")
        # All bridges that must end with it.
        self._bridges = [self._bridge]

    @classmethod
    @contextlib.contextmanager
    def running(cls, *, disk: Path | None = None, **environment: str) -> Iterator[Installation]:
        """Make one, start its cluster, migrate; stop everything and delete it in the end.

        With `disk` PostgreSQL's files lie in that directory.
        """
        # PostgreSQL, started by root, runs as somebody who could not enter a private directory.
        home = Path(tempfile.mkdtemp(prefix="voltaro-"))
        home.chmod(0o755)
        installation = cls(home, environment)
        try:
            installation.cluster.initialise()
            if disk is not None:
                _move_to(disk, installation.cluster.data)
            installation.start_database()
            password = installation.settings.secrets.voltaro_password
            installation.cluster.prepare_login(password=password)
            installation.cluster.create_database()
            migrate(installation.settings)
            with installation.owner() as owner:
                owner.execute("select jobs.maintain_partitions()")
            yield installation
        finally:
            for bridge in installation._bridges:
                bridge.kill()
            installation.cluster.stop(mode=signal.SIGQUIT)
            installation.cluster.remove()
            shutil.rmtree(home, ignore_errors=True)

    @property
    def bridge(self) -> subprocess.Popen[bytes] | None:
        """The bridge's process while it runs."""
        return self._bridge.process

    @property
    def ocpp_url(self) -> str:
        """Where chargers connect; their identity follows after a slash."""
        return self._bridge.url

    @contextlib.contextmanager
    def owner(self) -> Iterator[Connection]:
        """Connect as voltaro_owner, who is above row-level security."""
        with connect(self.settings.database_url, owner=True) as connection:
            yield connection

    def start_database(self) -> None:
        """Start PostgreSQL and return once it answers."""
        with (self.home / "postgres.log").open("ab") as log:
            self.cluster.start(log)

    def crash_database(self) -> None:
        """Stop PostgreSQL at once, without a checkpoint (`pg_ctl -m immediate`)."""
        self.cluster.stop(mode=signal.SIGQUIT)

    def start_bridge(self) -> None:
        """Start the bridge and return once it listens."""
        self._bridge.start()

    def kill_bridge(self) -> None:
        """Kill the bridge (SIGKILL) if it runs, and reap it."""
        self._bridge.kill()

    def drain_bridge(self) -> int:
        """Ask the bridge to end (SIGTERM) and return its exit status."""
        return self._bridge.drain()

    def bridge_log(self) -> str:
        """What the bridge has written so far, all its lives."""
        return self._bridge.log.read_text(errors="replace")

    def add_bridge(self, name: str, environment: Mapping[str, str] | None = None) -> BridgeProcess:
        """Make one more bridge on a port of its own, for the caller to start.

        It ends with the installation if nobody ends it before.
        """
        settings = replace(self.settings, ocpp_port=free_port())
        bridge = BridgeProcess(settings, self.home / f"bridge-{name}.log", environment)
        self._bridges.append(bridge)
        return bridge


def _move_to(disk: Path, data: Path) -> None:
    """Move a data directory to another file system, owners and modes included."""
    subprocess.run(["cp", "-a", str(data), str(disk / data.name)], check=True)
    shutil.rmtree(data)
    data.symlink_to(disk / data.name)
