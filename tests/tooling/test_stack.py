"""The stack as a person runs it: real commands, real processes, a home of the test's own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from db.cluster import shared_root
from db.process import start_time
from db.settings import ROOT
from tests.support.databases import SECRETS, TestCluster
from tests.support.processes import free_port, wait_until


@dataclass(frozen=True, slots=True)
class Home:
    """An installation below a scratch directory, with ports that are free."""

    directory: Path
    environment: dict[str, str]

    def run(self, *arguments: str, output: int | None = None) -> subprocess.CompletedProcess[str]:
        """Run `python -m db ...` to its end; what it prints may go to a descriptor."""
        return self._run([sys.executable, "-m", "db", *arguments], output)

    def make(self, target: str) -> subprocess.CompletedProcess[str]:
        """Run `make ...` to its end."""
        return self._run(["make", target])

    def _run(
        self, command: list[str], output: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )

    def record(self) -> dict[str, Any]:
        """What stack.json says."""
        content: dict[str, Any] = json.loads((self.directory / "stack.json").read_text())
        return content

    def pids(self) -> dict[str, int]:
        """The supervisor and its parts by name."""
        record = self.record()
        return {"supervisor": record["pid"]} | {
            name: part["pid"] for name, part in record["parts"].items()
        }


@pytest.fixture
def home() -> Iterator[Home]:
    """A home that the server's user can reach; whatever runs in it is stopped and deleted."""
    # Not tmp_path, whose parents are private to the user who runs the tests.
    directory = Path(tempfile.mkdtemp(prefix="voltaro-stack-"))
    directory.chmod(0o755)
    made = Home(
        directory,
        {
            "VOLTARO_HOME": str(directory),
            "VOLTARO_DB_PORT": str(free_port()),
            "VOLTARO_API_PORT": str(free_port()),
            "VOLTARO_OCPP_PORT": str(free_port()),
            "VOLTARO_FILES_PORT": str(free_port()),
            "DATABASE_URL": "",
        },
    )
    yield made
    made.run("reset")
    shutil.rmtree(directory, ignore_errors=True)


def _is_gone(pid: int) -> bool:
    return start_time(pid) is None


def test_a_stack_starts_recovers_and_stops(home: Home) -> None:
    """Start, start again, lose a part, lose the supervisor, stop, stop again, reset."""
    started = home.run("start")
    assert started.returncode == 0, started.stderr
    assert "everything answers" in started.stderr
    first = home.pids()
    assert set(first) == {"supervisor", "postgres", "postgrest", "bridge", "jobs"}

    # Twice is harmless, in either form.
    assert home.run("start").returncode == 0
    again = home.run("up")
    assert (again.returncode, home.pids()) == (0, first)
    assert "running already" in again.stderr
    assert "keeps its addresses" not in again.stderr
    elsewhere = Home(home.directory, {**home.environment, "VOLTARO_API_PORT": str(free_port())})
    for command in ("start", "up"):
        changed = elsewhere.run(command)
        assert (changed.returncode, home.pids()) == (0, first)
        assert "it keeps its addresses, http://127.0.0.1:" in changed.stderr

    # Scripts get JSON and nothing else.
    printed = home.make("info")
    info = json.loads(printed.stdout)
    assert set(info) == {"api_url", "ocpp_url", "portal_url", "database_url", "demo"}
    assert info["portal_url"] is None
    roles = [account["role"] for account in info["demo"]["accounts"]]
    assert roles[:6] == [
        "platform_admin",
        "admin",
        "operator",
        "accountant",
        "support",
        "customer",
    ]
    assert len({account["tenant"] for account in info["demo"]["accounts"][:5]}) == 1

    # A reader that has left is no failure.
    left, right = os.pipe()
    os.close(left)
    unread = home.run("info", output=right)
    os.close(right)
    assert (unread.returncode, unread.stderr) == (0, "")

    # A minted token is one that the API takes.
    token = home.run("token", "operator@greenway.example").stdout.strip()
    request = urllib.request.Request(  # noqa: S310 - our own http URL
        f"{info['api_url']}/charge_points?select=identity",
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert {"identity": "CP001"} in json.load(answer)

    # A part that dies comes back, PostgreSQL included.
    for part in ("bridge", "postgres"):
        os.kill(first[part], signal.SIGKILL)
        wait_until(
            lambda part=part: home.pids()[part] != first[part],  # type: ignore[misc]
            what=f"{part} starts again",
        )
    wait_until(lambda: home.run("seed").returncode == 0, what="the database answers again")

    # What a killed supervisor left is ended by the next start.
    before = home.pids()
    os.kill(before["supervisor"], signal.SIGKILL)
    wait_until(lambda: _is_gone(before["supervisor"]), what="the supervisor is gone")
    missing = home.run("info")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "not running" in missing.stderr
    recovered = home.run("start")
    assert recovered.returncode == 0, recovered.stderr
    assert "of an earlier run" in recovered.stderr
    assert all(_is_gone(pid) for pid in before.values())

    # What ends a stack needs no secrets, whatever has become of their file.
    last = home.pids()
    (home.directory / "secrets.json").write_text("{")
    broken = home.run("start")
    assert broken.returncode == 2
    assert "make reset" in broken.stderr
    stopped = home.run("stop")
    assert stopped.returncode == 0
    assert all(_is_gone(pid) for pid in last.values())
    assert home.run("stop").stderr == "voltaro: not running\n"

    assert home.run("reset").returncode == 0
    assert not home.directory.exists()


def test_a_taken_port_is_one_line_with_a_way_out(home: Home) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(home.environment["VOLTARO_OCPP_PORT"])))
        other.listen()
        for command in ("up", "start"):
            refused = home.run(command)
            assert refused.returncode == 1
            assert "is taken" in refused.stderr
            assert "VOLTARO_OCPP_PORT" in refused.stderr
            assert refused.stderr.count("\n") == 1
    assert not (home.directory / "stack.json").exists()
    assert not (home.directory / "pgdata").exists()


def test_an_address_that_is_not_ours_is_named(home: Home) -> None:
    for host in ("192.0.2.1", "no-such-host.invalid"):
        home.environment["VOLTARO_OCPP_HOST"] = host
        refused = home.run("up")
        assert refused.returncode == 1
        assert "VOLTARO_OCPP_HOST" in refused.stderr
        assert "is taken" not in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_ipv6_addresses_work_and_stand_in_brackets(home: Home) -> None:
    home.environment.update(VOLTARO_API_HOST="::1", VOLTARO_OCPP_HOST="::1")
    started = home.run("start")
    if not _has_ipv6():
        assert "VOLTARO_API_HOST" in started.stderr
        return
    assert started.returncode == 0, started.stderr
    info = json.loads(home.run("info").stdout)
    assert info["ocpp_url"] == f"ws://[::1]:{home.environment['VOLTARO_OCPP_PORT']}"
    with urllib.request.urlopen(info["api_url"], timeout=10) as answer:  # noqa: S310
        assert answer.status == 200


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe, contextlib.suppress(OSError):
        probe.bind(("::1", 0))
        return True
    return False


def test_a_failure_that_nobody_foresaw_is_one_line(home: Home) -> None:
    (home.directory / "jwks.json").mkdir()
    short = home.run("up")
    assert short.returncode == 1
    assert short.stderr.startswith("voltaro: unexpected IsADirectoryError: ")
    assert short.stderr.count("\n") == 1
    home.environment["VOLTARO_DEBUG"] = "1"
    assert "Traceback" in home.run("up").stderr
    (home.directory / "jwks.json").rmdir()


def test_ctrl_c_while_modules_are_imported_is_quiet(home: Home, tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text(
        "import time\nprint('importing', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "db", "up"],
        cwd=ROOT,
        env={**os.environ, **home.environment, "PYTHONPATH": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == ""
    assert process.returncode == -signal.SIGINT


def test_nonsense_in_the_environment_is_one_line(home: Home) -> None:
    home.environment["VOLTARO_API_PORT"] = "many"
    refused = home.run("up")
    assert refused.returncode == 2
    assert (
        refused.stderr == "voltaro: VOLTARO_API_PORT must be a number from 1 to 65535, not 'many'\n"
    )


def test_ctrl_c_ends_everything_in_the_foreground(home: Home) -> None:
    """Also in the middle of a start, after a stale pid and a half-finished initdb were found."""
    unfinished = home.directory / "pgdata"
    unfinished.mkdir()
    (unfinished / "postmaster.pid").write_text("1\n/nowhere\n")
    for sign in ("starting PostgreSQL", "everything answers"):
        with subprocess.Popen(
            [sys.executable, "-m", "db", "up"],
            cwd=ROOT,
            env={**os.environ, **home.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if sign in line:
                    process.send_signal(signal.SIGINT)
            status = process.wait()
        output = "".join(lines)
        assert status == 0, output
        assert "Traceback" not in output
        assert lines[-1] == "voltaro   | stopped\n"
        assert not (home.directory / "stack.json").exists()
    assert "postgres  | LOG:  database system is shut down" in output


def test_a_server_of_ones_own_is_used_and_left_alone(home: Home, cluster: TestCluster) -> None:
    with cluster.empty() as database:
        home.environment["DATABASE_URL"] = database.owner_url
        # The logins belong to the whole server, which other tests use at this moment.
        for name in ("authenticator", "bridge", "jobs"):
            home.environment[f"VOLTARO_{name.upper()}_PASSWORD"] = getattr(
                SECRETS, f"{name}_password"
            )
        started = home.run("start")
        assert started.returncode == 0, started.stderr
        assert set(home.pids()) == {"supervisor", "postgrest", "bridge", "jobs"}
        assert json.loads(home.run("info").stdout)["database_url"] == database.owner_url
        refused = home.run("reset")
        assert refused.returncode == 1
        assert "DATABASE_URL is set" in refused.stderr
        assert home.run("stop").returncode == 0
        home.environment["DATABASE_URL"] = ""


def test_root_puts_the_data_where_an_unprivileged_server_reaches_it(home: Home) -> None:
    """A home below a private directory, as in a checkout of root's; else the home itself."""
    private = home.directory / "private"
    private.mkdir(mode=0o700)
    inner = Home(private / "home", {**home.environment, "VOLTARO_HOME": str(private / "home")})
    elsewhere = shared_root(inner.directory)
    data = (elsewhere if os.geteuid() == 0 else inner.directory) / "pgdata"
    try:
        started = inner.run("start")
        assert started.returncode == 0, started.stderr
        assert data.is_dir()
        assert data.stat().st_uid != 0
        assert (inner.directory / "secrets.json").stat().st_mode & 0o777 == 0o600
    finally:
        assert inner.run("reset").returncode == 0
    assert not data.exists()
    assert not elsewhere.exists()
