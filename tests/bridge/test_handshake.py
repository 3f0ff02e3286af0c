"""Who may connect and how: QUIRKS rows 1 to 12 and 15, OCPP-J 1.6 §3."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import websockets

from tests.bridge.chargers import (
    KEY,
    RawSocket,
    add_charger,
    basic,
    connected,
    superuser,
    tuned_bridge,
    upgrade_request,
)
from tests.support.databases import Database
from tests.support.processes import RunningBridge, wait_until


async def _status(bridge: RunningBridge, identity: str, **options: object) -> int:
    """The HTTP status that a handshake ends with."""
    try:
        async with connected(bridge, identity, **options):  # type: ignore[arg-type]
            return 101
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code


async def test_a_known_charger_connects(bridge: RunningBridge, charger: str) -> None:
    async with connected(bridge, charger) as client:
        assert client.socket.subprotocol == "ocpp1.6"


@pytest.mark.quirk(1)
async def test_without_a_subprotocol_the_handshake_ends_and_the_socket_closes(
    bridge: RunningBridge, charger: str
) -> None:
    """Row 1: a charger MUST send the header (OCPP-J 1.6 §3.1.2); the default is to refuse."""
    async with connected(bridge, charger, subprotocols=()) as client:
        assert client.socket.subprotocol is None
        assert (await client.closed())[0] == 1002


@pytest.mark.quirk(1)
async def test_a_charger_may_be_known_to_send_no_subprotocol(
    bridge: RunningBridge, new_charger: Callable[..., str]
) -> None:
    """Row 1: the exception is the charger's own; the answer names no protocol either."""
    identity = new_charger(quirks=json.dumps({"assume_subprotocol": "ocpp1.6"}))
    async with connected(bridge, identity, subprotocols=()) as client:
        assert client.socket.subprotocol is None
        assert (await client.call("Unheard", {}))[2] == "NotImplemented"


@pytest.mark.quirk(2)
async def test_the_chargers_order_of_protocols_counts(bridge: RunningBridge, charger: str) -> None:
    """Row 2."""
    async with connected(bridge, charger, subprotocols=("ocpp9.9", "ocpp1.6")) as client:
        assert client.socket.subprotocol == "ocpp1.6"


@pytest.mark.quirk(3)
@pytest.mark.parametrize("name", ["OCPP1.6", "ocpp1.6j", "ocpp9.9"])
async def test_an_unknown_protocol_name_ends_as_the_specification_says(
    bridge: RunningBridge, charger: str, name: str
) -> None:
    """Row 3, OCPP-J 1.6 §3.2: finish the handshake without the header, then close."""
    async with connected(bridge, charger, subprotocols=(name,)) as client:
        assert client.socket.subprotocol is None
        assert (await client.closed())[0] == 1002


@pytest.mark.quirk(5, 6)
@pytest.mark.parametrize(
    "path", ["/{}", "//{}/", "/4/{}", "/some/where/{}", "/greenway/{}", "/{}?source=old"]
)
async def test_the_last_segment_is_the_identity(
    bridge: RunningBridge, charger: str, path: str
) -> None:
    """Rows 5 and 6."""
    assert await _status(bridge, charger, path=path.format(charger)) == 101


@pytest.mark.quirk(7)
async def test_percent_encoding_is_decoded_once(
    bridge: RunningBridge, new_charger: Callable[..., str]
) -> None:
    """Row 7."""
    identity = new_charger()
    encoded = "".join(f"%{ord(one):02X}" for one in identity)
    assert await _status(bridge, identity, path=f"/{encoded}") == 101
    assert await _status(bridge, identity, path=f"/{encoded.replace('%', '%25')}") != 101


@pytest.mark.quirk(7)
@pytest.mark.parametrize("path", ["/", "/CP%00", "/CP%FF", "/CP%3A1", "/CP%201", "/" + "x" * 300])
async def test_a_path_that_can_name_no_charger_is_not_found(
    bridge: RunningBridge, path: str
) -> None:
    assert await _status(bridge, "x", path=path) == 404


@pytest.mark.quirk(8)
def test_a_request_without_upgrade_is_refused(bridge: RunningBridge, charger: str) -> None:
    """Row 8."""
    with RawSocket(bridge) as raw:
        raw.send(
            upgrade_request(f"/{charger}", authorization=basic(charger, KEY), connection=False)
        )
        assert raw.receive_all().startswith(b"HTTP/1.1 426 ")


@pytest.mark.quirk(9)
async def test_the_case_of_an_identity_does_not_matter(bridge: RunningBridge, charger: str) -> None:
    """Row 9."""
    assert await _status(bridge, charger.lower()) == 101


@pytest.mark.quirk(10)
async def test_the_basic_user_must_be_the_identity(bridge: RunningBridge, charger: str) -> None:
    """Row 10, Security Whitepaper A00.FR.204."""
    assert await _status(bridge, charger, user="somebody") == 401


@pytest.mark.quirk(11)
async def test_a_key_may_come_as_hex_text(
    bridge: RunningBridge, new_charger: Callable[..., str]
) -> None:
    """Row 11."""
    key = bytes(range(20))
    identity = new_charger(key=key)
    assert await _status(bridge, identity, key=key) == 101
    assert await _status(bridge, identity, key=key.hex().encode()) == 101


@pytest.mark.quirk(12)
async def test_a_key_is_bytes_with_or_without_a_colon(
    bridge: RunningBridge, new_charger: Callable[..., str]
) -> None:
    """Row 12."""
    key = b"\xff\xfe:\0:" + bytes(15)
    assert await _status(bridge, new_charger(key=key), key=key) == 101


async def test_a_wrong_key_and_an_unknown_charger_get_the_same_answer(
    bridge: RunningBridge, charger: str
) -> None:
    answers = []
    for identity in (charger, "NEVER-SEEN"):
        with pytest.raises(websockets.InvalidStatus) as refusal:
            async with connected(bridge, identity, key=b"wrong"):
                pass
        response = refusal.value.response
        headers = dict(response.headers.raw_items())
        del headers["Date"]
        answers.append((response.status_code, headers, response.body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    assert answers[0][1]["WWW-Authenticate"] == 'Basic realm="voltaro"'


@pytest.mark.parametrize(
    "authorization", ["Basic ???", "Bearer x", "Basic Q1A=", "Basic " + "A" * 5000]
)
async def test_unreadable_credentials_are_none(
    bridge: RunningBridge, charger: str, authorization: str
) -> None:
    assert await _status(bridge, charger, authorization=authorization) == 401


async def test_a_disabled_charger_is_forbidden(
    bridge: RunningBridge, new_charger: Callable[..., str]
) -> None:
    assert await _status(bridge, new_charger(is_enabled=False)) == 403


async def test_profile_0_needs_no_credentials(
    bridge: RunningBridge, new_charger: Callable[..., str]
) -> None:
    identity = new_charger(key=None, security_profile=0)
    assert await _status(bridge, identity, authorization="none") == 101


@pytest.mark.quirk(15)
@pytest.mark.parametrize(
    "garbage",
    [
        bytes.fromhex("16030100f8010000f40303") + b"\n" * 50,  # row 15: a TLS hello
        b"\0" * 100,
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n\x16\x03\x01",
        b"POST /CP1 HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /CP1 HTTP/1.1\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"GET /CP1 HTTP/1.1\r\nbad header\r\n\r\n",
        b"HELO there\r\n",
        upgrade_request("/CP1").replace(b"Version: 13", b"Version: 8"),
        upgrade_request("/CP1").replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"short"),
    ],
)
def test_garbage_on_the_port_is_dropped_quietly(bridge: RunningBridge, garbage: bytes) -> None:
    """Row 15: never a traceback, never a socket that stays."""
    with RawSocket(bridge) as raw:
        raw.send(garbage)
        answer = raw.receive_all()
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505"))
    assert "Traceback" not in bridge.log.read_text()


@pytest.mark.quirk(15)
def test_a_request_that_never_ends_is_dropped_in_time(database: Database, tmp_path: Path) -> None:
    with tuned_bridge(database, tmp_path, handshake_timeout_s=0.5) as bridge:
        with RawSocket(bridge) as raw:
            raw.send(b"GET /CP1 HTTP/1.1\r\nHost:")
            assert raw.receive_all() == b""
        with RawSocket(bridge) as raw:
            assert raw.receive_all() == b""


def test_a_handshake_that_waits_too_long_is_told_to_come_back(
    database: Database, tmp_path: Path
) -> None:
    """And keep-alives go on, however many handshakes wait for somebody's lock."""
    for number in range(4):
        add_charger(database, f"CP-W{number}")
    with (
        tuned_bridge(
            database, tmp_path, handshake_timeout_s=1, keep_alive_interval_s=0.2
        ) as bridge,
        psycopg.connect(database.superuser_url) as blocker,
        contextlib.ExitStack() as stack,
    ):
        with superuser(database) as connection:
            connection.execute(
                "insert into ops.presence (tenant_id, charge_point_id)"
                " select tenant_id, id from core.charge_points where identity like 'CP-W%'"
                " on conflict do nothing"
            )
        blocker.execute("select from ops.presence for update")
        waiting = [stack.enter_context(RawSocket(bridge)) for _ in range(4)]
        for number, raw in enumerate(waiting):
            name = f"CP-W{number}"
            raw.send(upgrade_request(f"/{name}", authorization=basic(name, KEY)))
        for raw in waiting:
            answer = raw.receive_all()
            assert answer.startswith(b"HTTP/1.1 503 "), answer
            assert b"Retry-After: " in answer
        with superuser(database) as connection:
            assert connection.execute(
                "select max(b.last_seen_at) > clock_timestamp() - interval '0.7 seconds'"
                " from ops.bridges as b"
            ).fetchone() == (True,)
        assert "Traceback" not in bridge.log.read_text()


async def test_a_defect_in_a_handshake_ends_only_that(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-W")
    with tuned_bridge(database, tmp_path) as bridge:
        for body in ("null", "'[]'", """'{"status":101,"connection_id":1,"identity":"x"}'"""):
            with superuser(database) as connection:
                connection.execute(
                    "create or replace function ocpp.open_connection(p_bridge_id uuid,"
                    " p_path text[], p_username text, p_password bytea,"
                    " p_offered_subprotocols text[], p_remote_address text, p_tls_version text,"
                    " p_client_certificate jsonb,"
                    f" p_user_agent text) returns jsonb language sql as $$ select {body}::jsonb $$"
                )
            assert await _status(bridge, "CP-W") == 503
        assert bridge.process.poll() is None


def test_frames_before_the_answer_end_the_handshake(bridge: RunningBridge, charger: str) -> None:
    request = upgrade_request(f"/{charger}", authorization=basic(charger, KEY))
    with RawSocket(bridge) as raw:
        raw.send(request + b"\x81\x80\0\0\0\0")
        assert raw.receive_all() == b""


def test_health_tells_whether_chargers_may_come(bridge: RunningBridge) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=5)
    connection.request("GET", "/health")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"ok")


async def test_a_charger_may_be_called_health(
    bridge: RunningBridge, new_charger: Callable[..., str], module_database: Database
) -> None:
    with superuser(module_database) as connection:
        connection.execute(
            "update core.charge_points set identity = 'health' where identity = %s",
            [new_charger()],
        )
    assert await _status(bridge, "health") == 101


async def test_the_end_of_a_socket_is_recorded(
    bridge: RunningBridge, charger: str, module_database: Database
) -> None:
    async with connected(bridge, charger) as client:
        await client.socket.close(1000, "enough")

    def is_recorded() -> bool:
        with superuser(module_database) as connection:
            return connection.execute(
                "select c.close_code, c.close_reason from ops.connections as c"
                " inner join core.charge_points as cp on cp.id = c.charge_point_id"
                " where cp.identity = %s and c.closed_at is not null",
                [charger],
            ).fetchall() == [(1000, "enough")]

    wait_until(is_recorded, what="the connection is closed in the database")


def test_no_secret_is_logged(bridge: RunningBridge) -> None:
    log = bridge.log.read_text()
    assert KEY.decode() not in log
    assert "Basic" not in log
    assert "bridge-of-tests" not in log
