"""Security profiles 2 and 3 on real TLS (OCPP 1.6 Security Whitepaper A00.FR.3xx and 4xx)."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from db import parts
from tests.bridge.chargers import KEY, RawSocket, add_charger, connected, superuser
from tests.bridge.tls import TlsBridge, running_tls_bridge
from tests.support.certificates import Authority, Issued
from tests.support.databases import Database
from tests.support.processes import RunningBridge, free_port, running, wait_until

TLS_1_0, TLS_1_1 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

RSA_SUITES = (
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
ECDSA_SUITES = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")


@pytest.fixture(scope="module")
def bridge(
    module_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TlsBridge]:
    """A bridge with TLS that gives a handshake two seconds."""
    directory = tmp_path_factory.mktemp("tls")
    with running_tls_bridge(module_database, directory, handshake_timeout_s=2) as running:
        yield running


def _handshake(port: int, context: ssl.SSLContext) -> tuple[str, str, x509.Certificate]:
    """Do a TLS handshake; returns version, suite and the certificate that was shown."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        cipher, shown = wrapped.cipher(), wrapped.getpeercert(True)
        assert cipher is not None
        assert shown is not None
        assert wrapped.compression() is None
        return wrapped.version() or "", cipher[0], x509.load_der_x509_certificate(shown)


async def _status(bridge: RunningBridge, identity: str, **options: object) -> int:
    try:
        async with connected(bridge, identity, **options):  # type: ignore[arg-type]
            return 101
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code


def _last_refusal(database: Database, identity: str) -> str | None:
    with superuser(database) as connection:
        row = connection.execute(
            "select c.refuse_reason from ops.connections as c inner join core.charge_points as cp"
            " on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id"
            " where cp.identity = %s order by c.id desc limit 1",
            [identity],
        ).fetchone()
    return None if row is None else row[0]


# Suites and versions


@pytest.mark.parametrize("suite", RSA_SUITES + ECDSA_SUITES)
def test_every_suite_of_the_whitepaper_is_spoken(bridge: TlsBridge, suite: str) -> None:
    """A00.FR.317, 318: a charger that knows one of them alone, with the certificate it needs."""
    context = bridge.context(suites=suite, versions=(TLS_1_2, TLS_1_2))
    version, spoken, shown = _handshake(bridge.tls.port, context)
    assert (version, spoken) == ("TLSv1.2", suite)
    kind = ec.EllipticCurvePublicKey if suite in ECDSA_SUITES else rsa.RSAPublicKey
    assert isinstance(shown.public_key(), kind)


@pytest.mark.parametrize("suite", ["AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"])
def test_openssl_agrees(bridge: TlsBridge, suite: str) -> None:
    """An implementation that is asked from outside: RSA only and ECDSA only."""
    program = shutil.which("openssl")
    assert program is not None, "the test asks the openssl of the system"
    result = subprocess.run(
        [
            *(program, "s_client", "-connect", f"127.0.0.1:{bridge.tls.port}", "-tls1_2"),
            *("-cipher", suite, "-CAfile", str(bridge.authority.file), "-verify_return_error"),
        ],
        input="Q\n",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert f"Cipher is {suite}" in result.stdout
    assert "Verify return code: 0 (ok)" in result.stdout
    assert "Compression: NONE" in result.stdout


@pytest.mark.quirk(14)
@pytest.mark.parametrize("version", [TLS_1_0, TLS_1_1])
def test_old_tls_is_refused(bridge: TlsBridge, version: ssl.TLSVersion) -> None:
    """A00.FR.312, 313."""
    context = bridge.context(suites="ALL:@SECLEVEL=0", versions=(version, version))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(bridge.tls.port, context)


def test_tls_1_3_is_spoken(bridge: TlsBridge) -> None:
    context = bridge.context(versions=(TLS_1_3, TLS_1_3))
    assert _handshake(bridge.tls.port, context)[0] == "TLSv1.3"


@pytest.mark.parametrize("suite", ["AES128-SHA", "ECDHE-RSA-AES128-SHA", "AES128-SHA256"])
def test_other_suites_are_refused(bridge: TlsBridge, suite: str) -> None:
    context = bridge.context(suites=f"{suite}:@SECLEVEL=0", versions=(TLS_1_2, TLS_1_2))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(bridge.tls.port, context)


# Profile 2


async def test_a_charger_talks_over_tls(bridge: TlsBridge, new_charger: Callable[..., str]) -> None:
    identity = new_charger(security_profile=2)
    async with connected(bridge.tls, identity, ssl=bridge.context()) as client:
        assert client.socket.subprotocol == "ocpp1.6"
        answer = await client.call("Heartbeat", {})
        assert set(answer[2]) == {"currentTime"}
        # More than one TLS record, both ways.
        answer = await client.call("DataTransfer", {"vendorId": "x", "data": "y" * 100_000})
        assert answer[0] == 3


async def test_profile_2_is_never_plain(
    bridge: TlsBridge, new_charger: Callable[..., str], module_database: Database
) -> None:
    identity = new_charger(security_profile=2)
    assert await _status(bridge.plain, identity) == 401
    assert _last_refusal(module_database, identity) == "needs_tls"
    assert await _status(bridge.tls, identity, ssl=bridge.context()) == 101


async def test_the_key_counts_over_tls_as_well(
    bridge: TlsBridge, new_charger: Callable[..., str]
) -> None:
    identity = new_charger(security_profile=2)
    assert await _status(bridge.tls, identity, ssl=bridge.context(), key=b"wrong") == 401


async def test_the_database_learns_the_version(
    bridge: TlsBridge, new_charger: Callable[..., str], module_database: Database
) -> None:
    identity = new_charger()
    context = bridge.context(versions=(TLS_1_2, TLS_1_2))
    async with connected(bridge.tls, identity, ssl=context):
        with superuser(module_database) as connection:
            assert connection.execute(
                "select c.is_tls, c.tls_version from ops.connections as c"
                " inner join core.charge_points as cp"
                " on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id"
                " where cp.identity = %s and c.closed_at is null",
                [identity],
            ).fetchall() == [(True, "TLSv1.2")]


def test_health_is_told_over_tls(bridge: TlsBridge) -> None:
    connection = http.client.HTTPSConnection(
        "localhost", bridge.tls.port, timeout=10, context=bridge.context()
    )
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200


# Profile 3


@pytest.fixture
def third(new_charger: Callable[..., str]) -> str:
    """A charger with security profile 3, whose serial number is like its identity."""
    return new_charger(key=None, security_profile=3)


@pytest.fixture
def good(bridge: TlsBridge, third: str, module_database: Database) -> Issued:
    """Its certificate."""
    serial = f"SN-{third}"
    with superuser(module_database) as connection:
        row = connection.execute(
            "update core.charge_points as cp set serial_number = %s from core.tenants as t"
            " where t.id = cp.tenant_id and cp.identity = %s returning t.name",
            [serial, third],
        ).fetchone()
    assert row is not None
    return bridge.authority.issue(serial, organization=row[0], is_client=True)


async def test_profile_3_connects_with_its_certificate_alone(
    bridge: TlsBridge, third: str, good: Issued
) -> None:
    """A00.FR.404, 405: no credentials, but CN and O."""
    for versions in ((TLS_1_2, TLS_1_2), (TLS_1_3, TLS_1_3)):
        context = bridge.context(certificate=good, versions=versions)
        async with connected(bridge.tls, third, ssl=context, authorization="none") as client:
            assert (await client.call("Heartbeat", {}))[0] == 3


async def test_profile_3_without_a_certificate_is_refused(
    bridge: TlsBridge, third: str, module_database: Database
) -> None:
    """The TLS layer lets it through, because chargers of profile 2 use the same port."""
    assert await _status(bridge.tls, third, ssl=bridge.context()) == 401
    assert _last_refusal(module_database, third) == "needs_client_certificate"


@pytest.mark.parametrize("versions", [(TLS_1_2, TLS_1_2), (TLS_1_3, TLS_1_3)])
async def test_an_expired_certificate_ends_the_handshake(
    bridge: TlsBridge, third: str, versions: tuple[ssl.TLSVersion, ssl.TLSVersion]
) -> None:
    expired = bridge.authority.issue("late", is_client=True, valid_for=timedelta(days=-1))
    context = bridge.context(certificate=expired, versions=versions)
    with pytest.raises((OSError, websockets.InvalidMessage)):
        await _status(bridge.tls, third, ssl=context)
    wait_until(lambda: "certificate has expired" in bridge.tls.log.read_text(), what="a line")


async def test_a_certificate_of_another_authority_ends_the_handshake(
    bridge: TlsBridge, third: str, tmp_path: Path
) -> None:
    stranger = Authority.create(tmp_path, "stranger").issue("SN-1", is_client=True)
    context = bridge.context(certificate=stranger)
    with pytest.raises((OSError, websockets.InvalidMessage)):
        await _status(bridge.tls, third, ssl=context)


async def test_a_certificate_for_servers_is_none_for_chargers(
    bridge: TlsBridge, third: str
) -> None:
    server = bridge.authority.issue("SN-2")
    with pytest.raises((OSError, websockets.InvalidMessage)):
        await _status(bridge.tls, third, ssl=bridge.context(certificate=server))


async def test_a_revoked_certificate_is_refused_by_the_database(
    bridge: TlsBridge, third: str, good: Issued, module_database: Database
) -> None:
    context = bridge.context(certificate=good)
    assert await _status(bridge.tls, third, ssl=context) == 101
    with superuser(module_database) as connection:
        revoked = connection.execute(
            "update core.charge_point_certificates set revoked_at = now()"
            " where fingerprint_sha256 = %s returning id",
            [good.fingerprint],
        ).fetchall()
    assert len(revoked) == 1
    assert await _status(bridge.tls, third, ssl=context) == 401
    assert _last_refusal(module_database, third) == "certificate_revoked"


async def test_a_certificate_of_another_charger_is_refused(
    bridge: TlsBridge, third: str, good: Issued, new_charger: Callable[..., str]
) -> None:
    """A00.FR.427, and the session that TLS resumes brings no other certificate."""
    context = bridge.context(certificate=good)
    assert await _status(bridge.tls, third, ssl=context) == 101
    other = new_charger(key=None, security_profile=3, serial_number="SN-other")
    assert await _status(bridge.tls, other, ssl=context) == 401


# What is no TLS, or never ends


@pytest.mark.quirk(15)
@pytest.mark.parametrize(
    "garbage",
    [
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0" * 500,
        b"\x16\x03\x01\x00\x05hello",
        b"\x16\x03\x01\x40\x00" + b"\xff" * 20_000,
        b"\x80\x2e\x01\x03\x01" + b"\x01" * 50,
        b"\x15\x03\x01\x00\x02\x02\x28",
    ],
)
def test_garbage_on_the_tls_port_is_dropped_quietly(bridge: TlsBridge, garbage: bytes) -> None:
    """Row 15."""
    with RawSocket(bridge.tls) as raw:
        with contextlib.suppress(OSError):
            raw.send(garbage)
        # Nothing, or an alert.
        assert raw.receive_all()[:1] in {b"", b"\x15"}
    assert "Traceback" not in bridge.tls.log.read_text()


@pytest.mark.quirk(15)
@pytest.mark.parametrize("beginning", [b"", b"\x16\x03\x01\x02\x00\x01"])
def test_a_tls_handshake_that_never_ends_is_dropped_in_time(
    bridge: TlsBridge, beginning: bytes
) -> None:
    with RawSocket(bridge.tls) as raw:
        raw.send(beginning)
        assert raw.receive_all()[:1] in {b"", b"\x15"}


def test_the_time_for_http_is_what_tls_left(bridge: TlsBridge) -> None:
    with (
        socket.create_connection(("127.0.0.1", bridge.tls.port), timeout=10) as plain,
        bridge.context().wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        wrapped.sendall(b"GET /CP1 HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            assert wrapped.recv(100) == b""


@pytest.mark.quirk(15)
def test_a_tls_hello_on_the_plain_port_is_dropped(bridge: TlsBridge) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(bridge.plain.port, bridge.context())


# Certificates that change


@pytest.mark.quirk(13)
async def test_new_certificates_are_read_without_dropping_a_socket(
    database: Database, tmp_path: Path
) -> None:
    add_charger(database, "CP-R")
    with running_tls_bridge(database, tmp_path) as bridge:
        context = bridge.context()
        before = _handshake(bridge.tls.port, context)[2]
        async with connected(bridge.tls, "CP-R", ssl=context) as client:
            bridge.install("ecdsa", bridge.authority.issue("renewed"))
            bridge.tls.process.send_signal(signal.SIGHUP)

            def is_renewed() -> bool:
                return _handshake(bridge.tls.port, context)[2] != before

            await asyncio.to_thread(wait_until, is_renewed, what="the new certificate is shown")
            renewed = _handshake(bridge.tls.port, context)[2]

            # What cannot be used changes nothing.
            bridge.files["ecdsa.key"].write_text("nonsense")
            bridge.tls.process.send_signal(signal.SIGHUP)
            await asyncio.to_thread(
                wait_until,
                lambda: "stay as they were" in bridge.tls.log.read_text(),
                what="a line about it",
            )
            assert _handshake(bridge.tls.port, context)[2] == renewed
            assert (await client.call("Heartbeat", {}))[0] == 3


def test_the_plain_port_can_be_switched_off(database: Database, tmp_path: Path) -> None:
    authority = Authority.create(tmp_path, "root")
    issued = authority.issue("bridge")
    plain, tls = free_port(), free_port()
    variables = {
        **parts.bridge_environment(database.settings),
        "VOLTARO_OCPP_PORT": str(plain),
        "VOLTARO_OCPP_PLAIN": "0",
        "VOLTARO_OCPP_TLS_PORT": str(tls),
        "VOLTARO_TLS_ECDSA_CERTIFICATE": str(issued.certificate),
        "VOLTARO_TLS_ECDSA_KEY": str(issued.key),
    }
    log = tmp_path / "bridge.log"

    def is_listening(port: int) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return True
        return False

    with running(parts.module_command("bridge"), variables, log=log):
        wait_until(lambda: is_listening(tls), what="the bridge listens")
        assert not is_listening(plain)


# TLS 1.0 and 1.1, for those who have nothing else


@pytest.mark.quirk(14)
@pytest.mark.parametrize("version", [TLS_1_0, TLS_1_1])
async def test_a_listed_old_charger_has_a_port(
    bridge: TlsBridge, new_charger: Callable[..., str], version: ssl.TLSVersion
) -> None:
    """Row 14, A00.FR.324."""
    listed = new_charger(security_profile=2, quirks=json.dumps({"allows_old_tls": True}))
    context = bridge.context(suites="AES128-SHA:@SECLEVEL=0", versions=(version, version))
    async with connected(bridge.old_tls, listed, ssl=context) as client:
        assert (await client.call("Heartbeat", {}))[0] == 3


@pytest.mark.quirk(14)
async def test_the_old_port_is_for_nobody_else(
    bridge: TlsBridge, new_charger: Callable[..., str], module_database: Database
) -> None:
    context = bridge.context(suites="AES128-SHA:@SECLEVEL=0", versions=(TLS_1_0, TLS_1_1))
    identity = new_charger(security_profile=2)
    assert await _status(bridge.old_tls, identity, ssl=context) == 401
    assert _last_refusal(module_database, identity) == "needs_newer_tls"


def test_the_old_port_speaks_nothing_newer(bridge: TlsBridge) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(bridge.old_tls.port, bridge.context(versions=(TLS_1_2, TLS_1_3)))


def test_no_secret_is_logged(bridge: TlsBridge) -> None:
    log = bridge.tls.log.read_text()
    assert KEY.decode() not in log
    assert "PRIVATE KEY" not in log
    assert "Traceback" not in log
