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
from pathlib import Path

from db import parts
from db.cluster import Cluster, embedded_cluster
from db.connection import Connection, connect
from db.migrate import migrate
from db.settings import ROOT, Settings
from tests.support.processes import free_port, wait_until

__all__ = ["Installation"]

_START_TIMEOUT_S = 30.0


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
                **environment,
            }
        )
        self.cluster: Cluster = embedded_cluster(self.settings)
        self.bridge: subprocess.Popen[bytes] | None = None
        """The bridge's process while it runs."""

    @classmethod
    @contextlib.contextmanager
    def running(cls, **environment: str) -> Iterator[Installation]:
        """Make one, start its cluster, migrate; stop everything and delete it in the end."""
        # PostgreSQL, started by root, runs as somebody who could not enter a private directory.
        home = Path(tempfile.mkdtemp(prefix="voltaro-"))
        home.chmod(0o755)
        installation = cls(home, environment)
        try:
            installation.cluster.initialise()
            installation.start_database()
            password = installation.settings.secrets.voltaro_password
            installation.cluster.prepare_login(password=password)
            installation.cluster.create_database()
            migrate(installation.settings)
            with installation.owner() as owner:
                owner.execute("select jobs.maintain_partitions()")
            yield installation
        finally:
            installation.kill_bridge()
            installation.cluster.stop(mode=signal.SIGQUIT)
            installation.cluster.remove()
            shutil.rmtree(home, ignore_errors=True)

    @property
    def ocpp_url(self) -> str:
        """Where chargers connect; their identity follows after a slash."""
        return f"ws://127.0.0.1:{self.settings.ocpp_port}"

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
        with (self.home / "bridge.log").open("ab") as log:
            bridge = subprocess.Popen(
                parts.module_command("bridge"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **parts.bridge_environment(self.settings)},
            )
        self.bridge = bridge

        def is_listening() -> bool:
            if bridge.poll() is not None:
                raise AssertionError(f"the bridge ended at once:\n{self.bridge_log()}")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.settings.ocpp_port), 1).close()
                return True
            return False

        wait_until(is_listening, what="the bridge listens", timeout_s=_START_TIMEOUT_S)

    def kill_bridge(self) -> None:
        """Kill the bridge (SIGKILL) if it runs, and reap it."""
        if self.bridge is not None:
            self.bridge.kill()
            self.bridge.wait()
            self.bridge = None

    def drain_bridge(self) -> int:
        """Ask the bridge to end (SIGTERM) and return its exit status."""
        assert self.bridge is not None
        self.bridge.terminate()
        status = self.bridge.wait(timeout=_START_TIMEOUT_S)
        self.bridge = None
        return status

    def bridge_log(self) -> str:
        """What the bridge has written so far, all its lives."""
        return (self.home / "bridge.log").read_text(errors="replace")
