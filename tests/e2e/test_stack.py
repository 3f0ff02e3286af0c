"""`make start`, a session by a client of others, `make demo`, `make stop`: the whole house."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from db.settings import ROOT
from tests.e2e.ocpp_rpc import People, assert_read_back, run_ocpp_rpc
from tests.support.processes import free_port
from tests.support.rest import Api

_TIMEOUT_S = 180


class Stack:
    """The commands of the Makefile on a home of their own."""

    def __init__(self, home: Path) -> None:
        dropped = ("VOLTARO_", "DATABASE_URL", "PG", "MAKE", "ONLY")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        self._environment = kept | {
            "VOLTARO_HOME": str(home),
            "VOLTARO_DB_PORT": str(free_port()),
            "VOLTARO_API_PORT": str(free_port()),
            "VOLTARO_OCPP_PORT": str(free_port()),
            "VOLTARO_FILES_PORT": str(free_port()),
            # For other machines, and not there.
            "http_proxy": "http://127.0.0.1:9",
            "no_proxy": "",
        }

    def make(self, target: str) -> subprocess.CompletedProcess[str]:
        """Run `make <target>` and return what it did, whatever its exit status."""
        return subprocess.run(
            ["make", target],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )

    def info(self) -> dict[str, Any]:
        """Return what `make info` prints, which is JSON and nothing else."""
        result = self.make("info")
        assert result.returncode == 0, result.stderr
        info: dict[str, Any] = json.loads(result.stdout)
        return info


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A stack that does not run yet; forgotten in the end."""
    home = Path(tempfile.mkdtemp(prefix="voltaro-stack-"))
    home.chmod(0o755)
    made = Stack(home)
    try:
        yield made
    finally:
        made.make("reset")
        shutil.rmtree(home, ignore_errors=True)


def test_make_start_serves_a_whole_session_and_make_stop_ends_it(stack: Stack) -> None:
    """One test for the whole, because a start takes its time."""
    started = stack.make("start")
    assert started.returncode == 0, started.stdout + started.stderr
    info = stack.info()
    assert_info_is_complete(info)
    assert stack.make("start").returncode == 0, "starting twice is harmless"
    assert stack.info() == info

    charge_point, since = info["demo"]["charge_point"], datetime.now(UTC)
    session = run_ocpp_rpc(
        info["ocpp_url"], charge_point["id"], charge_point["key"], info["demo"]["id_token"]
    )
    assert_read_back(session, people_of(info), since=since)

    # Two at once take turns: the charger has one plug and one meter.
    with ThreadPoolExecutor(2) as pool:
        for demo in pool.map(stack.make, ["demo", "demo"]):
            assert demo.returncode == 0, demo.stdout + demo.stderr
            assert demo.stdout.count("cost so far: ") == 5
            for said in ("The price, as CSV:", "Energy: 7.4 kWh ", "VAT of 19 %", "Total: "):
                assert said in demo.stdout, demo.stdout

    stopped = stack.make("stop")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    for url in (info["api_url"], info["ocpp_url"], info["database_url"]):
        address = urlsplit(url)
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection((address.hostname, address.port), 5),
        ):
            pytest.fail(f"something still listens on {address.netloc}")
    assert stack.make("info").returncode != 0


def assert_info_is_complete(info: dict[str, Any]) -> None:
    """The JSON has the promised form; its accounts, charger and database are real."""
    assert set(info) == {"api_url", "ocpp_url", "portal_url", "database_url", "demo"}
    assert info["portal_url"] is None
    assert set(info["demo"]) == {"accounts", "charge_point", "id_token"}
    assert info["demo"]["charge_point"]["id"] == "CP001"
    assert info["demo"]["id_token"] == "VALID001"
    accounts = info["demo"]["accounts"]
    assert all(set(one) == {"email", "password", "role", "tenant"} for one in accounts)
    assert len({one["tenant"] for one in accounts}) == 2
    home = accounts[0]["tenant"]
    for role in ("platform_admin", "admin", "operator", "support", "customer"):
        first = next(one for one in accounts if one["role"] == role)
        assert first["tenant"] == home, f"the first {role} belongs to the first tenant"
    for one in accounts:
        Api.login(info["api_url"], one["email"], one["password"])
    with psycopg.connect(info["database_url"]) as database:
        row = database.execute(
            "select pg_has_role(current_user, 'voltaro_owner', 'usage')"
        ).fetchone()
    assert row == (True,)


def people_of(info: dict[str, Any]) -> People:
    """Sign in as those who may and may not see the demo charger's sessions."""
    accounts = info["demo"]["accounts"]
    home = accounts[0]["tenant"]

    def login(role: str, *, is_at_home: bool) -> Api:
        one = next(
            one for one in accounts if one["role"] == role and (one["tenant"] == home) == is_at_home
        )
        return Api.login(info["api_url"], one["email"], one["password"])

    return People(
        operator=login("operator", is_at_home=True),
        driver=login("customer", is_at_home=True),
        other_operator=login("operator", is_at_home=False),
        other_driver=login("customer", is_at_home=False),
    )
