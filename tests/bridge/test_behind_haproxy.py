"""Behind HAProxy as docs/security.md sets it up: TLS to the bridge, or to the balancer."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import websockets

from tests.bridge.chargers import KEY, add_charger, basic, connected, superuser
from tests.bridge.tls import TlsBridge, running_tls_bridge
from tests.chaos.balancer import find_haproxy
from tests.support.databases import Database
from tests.support.processes import RunningBridge, free_port, running, wait_until

# The balancer's own address, so that the tests' direct connections are not taken for its.
_BALANCER = "127.0.0.3"
_ENVIRONMENT = {"VOLTARO_TRUSTED_PROXIES": _BALANCER, "VOLTARO_PROXY_PROTOCOL": "1"}

_CONFIGURATION = """\
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h

frontend through
    bind 127.0.0.1:{through}
    default_backend tls

backend tls
    option httpchk GET /health
    default-server check inter 200ms check-ssl verify required ca-file {roots} check-send-proxy
    server one localhost:{tls} source {balancer} send-proxy-v2

frontend ending
    bind 127.0.0.1:{ending} ssl crt {certificate}
    default_backend plain

backend plain
    option httpchk GET /health
    default-server check inter 200ms check-send-proxy
    server one 127.0.0.1:{plain} source {balancer} send-proxy-v2-ssl

frontend http
    bind 127.0.0.1:{http}
    mode http
    default_backend http

backend http
    mode http
    option forwardfor
    server one 127.0.0.1:{plain} source 127.0.0.4
"""


class _Balanced:
    """The ports of a balancer, as bridges to connect to."""

    def __init__(self, bridge: TlsBridge, directory: Path) -> None:
        self.bridge = bridge
        ports = {name: free_port() for name in ("through", "ending", "http")}
        self.through = self._at("wss", ports["through"])
        self.ending = self._at("wss", ports["ending"])
        self.http = self._at("ws", ports["http"])
        certificate = directory / "haproxy.pem"
        certificate.write_bytes(
            bridge.files["rsa.pem"].read_bytes() + bridge.files["rsa.key"].read_bytes()
        )
        self.configuration = directory / "haproxy.cfg"
        self.configuration.write_text(
            _CONFIGURATION.format(
                **ports,
                tls=bridge.tls.port,
                plain=bridge.plain.port,
                roots=bridge.authority.file,
                certificate=certificate,
                balancer=_BALANCER,
            )
        )

    def _at(self, scheme: str, port: int) -> RunningBridge:
        return replace(self.bridge.plain, url=f"{scheme}://localhost:{port}", port=port)

    def is_well(self) -> bool:
        """Whether its own checks say that the bridge serves, on both ways."""
        for port in (self.through.port, self.ending.port):
            connection = http.client.HTTPSConnection(
                "localhost", port, timeout=2, context=self.bridge.context()
            )
            with contextlib.closing(connection):
                try:
                    connection.request("GET", "/health")
                    if connection.getresponse().status != 200:
                        return False
                except (OSError, http.client.HTTPException):
                    return False
        return True


@pytest.fixture
def balanced(database: Database, tmp_path: Path) -> Iterator[_Balanced]:
    """A bridge with HAProxy in front of it."""
    program, environment = find_haproxy()
    with running_tls_bridge(database, tmp_path, environment=_ENVIRONMENT) as bridge:
        made = _Balanced(bridge, tmp_path)
        command = [program, "-db", "-f", str(made.configuration)]
        with running(command, environment, log=tmp_path / "haproxy.log"):
            wait_until(made.is_well, what="the bridge answers by way of haproxy")
            yield made


def _connection(database: Database, identity: str) -> tuple[str, bool, str | None]:
    with superuser(database) as connection:
        row = connection.execute(
            "select c.remote_address, c.is_tls, c.tls_version from ops.connections as c"
            " inner join core.charge_points as cp"
            " on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id"
            " where cp.identity = %s order by c.id desc limit 1",
            [identity],
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


async def test_tls_goes_through_to_the_bridge(balanced: _Balanced, database: Database) -> None:
    """With the client's certificate and the client's address."""
    add_charger(database, "CP-3", key=None, security_profile=3, serial_number="SN-3")
    with superuser(database) as connection:
        row = connection.execute("select name from core.tenants where id = 101").fetchone()
    assert row is not None
    certificate = balanced.bridge.authority.issue("SN-3", organization=row[0], is_client=True)
    context = balanced.bridge.context(certificate=certificate)
    async with connected(balanced.through, "CP-3", ssl=context) as client:
        assert (await client.call("Heartbeat", {}))[0] == 3
        assert _connection(database, "CP-3") == ("127.0.0.1", True, "TLSv1.3")


async def test_tls_may_end_at_the_balancer(balanced: _Balanced, database: Database) -> None:
    """Its header says that the charger used TLS, and which: profile 2 is met."""
    add_charger(database, "CP-2", security_profile=2)
    versions = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    context = balanced.bridge.context(versions=versions)
    async with connected(balanced.ending, "CP-2", ssl=context) as client:
        assert (await client.call("Heartbeat", {}))[0] == 3
        assert _connection(database, "CP-2") == ("127.0.0.1", True, "TLSv1.2")


async def test_an_unlisted_proxy_is_a_client_like_any(
    balanced: _Balanced, database: Database
) -> None:
    """What it says of TLS and addresses is what anybody could say."""
    add_charger(database, "CP-2", security_profile=2)
    add_charger(database, "CP-1")
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(
            f"{balanced.http.url}/CP-2",
            subprotocols=[websockets.Subprotocol("ocpp1.6")],
            additional_headers={
                "Authorization": basic("CP-2", KEY),
                "X-Forwarded-Proto": "https",
                "Forwarded": "proto=https",
            },
            proxy=None,
        ):
            pass
    async with connected(balanced.http, "CP-1"):
        assert _connection(database, "CP-1") == ("127.0.0.4", False, None)
