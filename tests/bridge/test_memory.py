"""What an idle charger costs: at most 20 KiB (issue 2, Speed)."""

from __future__ import annotations

import contextlib
import resource
import socket
import ssl
from pathlib import Path

from tests.bridge.chargers import TENANT_ID as TENANT
from tests.bridge.chargers import RawSocket, superuser, tuned_bridge, upgrade_request
from tests.bridge.tls import running_tls_bridge
from tests.support.databases import Database

_COUNT = 400
_LIMIT_KIB = 20
_TLS_COUNT = 150
_TLS_LIMIT_KIB = 60


def _resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def test_an_idle_connection_is_small(database: Database, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with superuser(database) as connection:
        connection.execute(
            "insert into core.charge_points (tenant_id, identity, security_profile)"
            " select %s, 'CP-I' || n, 0 from generate_series(1, %s) as n",
            [TENANT, 2 * _COUNT],
        )
    sockets = []
    with tuned_bridge(database, tmp_path) as bridge:
        try:
            for number in range(1, _COUNT + 1):
                sockets.append(RawSocket(bridge))
                sockets[-1].upgrade(f"CP-I{number}")
            before = _resident_kib(bridge.process.pid)
            for number in range(_COUNT + 1, 2 * _COUNT + 1):
                sockets.append(RawSocket(bridge))
                sockets[-1].upgrade(f"CP-I{number}")
            grown = _resident_kib(bridge.process.pid) - before
            assert grown / _COUNT < _LIMIT_KIB
        finally:
            for one in sockets:
                one.socket.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_idle_connection_with_tls_is_not_much_larger(database: Database, tmp_path: Path) -> None:
    """OpenSSL keeps the keys of each socket, and no buffers while nothing is on its way."""
    with superuser(database) as connection:
        connection.execute(
            "insert into core.charge_points (tenant_id, identity, security_profile)"
            " select %s, 'CP-I' || n, 0 from generate_series(1, %s) as n",
            [TENANT, 2 * _TLS_COUNT],
        )
    sockets: list[ssl.SSLSocket] = []
    with running_tls_bridge(database, tmp_path) as bridge, contextlib.ExitStack() as stack:
        context = bridge.context()

        def connect(first: int) -> None:
            for number in range(first, first + _TLS_COUNT):
                plain = stack.enter_context(
                    socket.create_connection(("127.0.0.1", bridge.tls.port), timeout=10)
                )
                one = stack.enter_context(context.wrap_socket(plain, server_hostname="localhost"))
                one.sendall(upgrade_request(f"/CP-I{number}"))
                assert one.recv(1000).startswith(b"HTTP/1.1 101 ")
                sockets.append(one)

        connect(1)
        before = _resident_kib(bridge.tls.process.pid)
        connect(1 + _TLS_COUNT)
        grown = _resident_kib(bridge.tls.process.pid) - before
        assert grown / _TLS_COUNT < _TLS_LIMIT_KIB
