"""No secret reaches a log: the bridge's at its most talkative, and PostgreSQL's."""

from __future__ import annotations

import base64
import contextlib
import os
from pathlib import Path

import psycopg
import websockets

from tests.bridge.chargers import (
    RawSocket,
    add_charger,
    basic,
    connected,
    superuser,
    upgrade_request,
)
from tests.bridge.tls import running_tls_bridge
from tests.support.databases import SECRETS, Database
from tests.support.processes import wait_until

_KEY = b"KeyThatNobodyMayRead"
_WRONG = b"WrongKeyThatIsSecretToo"
_IN_FRAME = "SecretInsideOfAFrame"


async def test_no_secret_is_logged(database: Database, tmp_path: Path) -> None:
    """Handshakes that work and fail, frames that are good and bad, statements that fail."""
    add_charger(database, "CP-S", key=_KEY)
    postgres_log = Path(os.environ["VOLTARO_TEST_RUN"]) / "postgresql.log"
    begin = postgres_log.stat().st_size
    _log_everything(database)
    environment = {"VOLTARO_LOG_LEVEL": "debug"}
    with running_tls_bridge(database, tmp_path, environment=environment) as bridge:
        for running, tls in ((bridge.plain, None), (bridge.tls, bridge.context())):
            with contextlib.suppress(websockets.InvalidStatus):
                async with connected(running, "CP-S", key=_WRONG, ssl=tls):
                    pass
            with contextlib.suppress(websockets.InvalidStatus):
                async with connected(running, "CP-NEVER", key=_WRONG, ssl=tls):
                    pass
            async with connected(running, "CP-S", key=_KEY, ssl=tls) as client:
                await client.call("Heartbeat", {})
                for frame in (
                    [2, "1", "DataTransfer", {"vendorId": "v", "data": {"password": _IN_FRAME}}],
                    [2, "2", "DataTransfer", {"vendorId": "v", "AuthorizationKey": _IN_FRAME}],
                    [2, "3", "Unheard", {"key": "AuthorizationKey", "value": _IN_FRAME}],
                    [3, "4", {"password": _IN_FRAME}],
                    [4, "5", "InternalError", _IN_FRAME, {"secret": _IN_FRAME}],
                    '[2, "6", "DataTransfer", {"password": "' + _IN_FRAME + '",, }]',
                    '[2, "7", ' + _IN_FRAME,
                    [2, "8", "Heartbeat", {"password": _IN_FRAME + "\0"}],
                ):
                    await client.send(frame)
                await client.call("Heartbeat", {}, message_id="last")
        with RawSocket(bridge.plain) as raw:
            # What is no handshake at all may hold credentials, too.
            request = upgrade_request("/CP-S", authorization=basic("CP-S", _KEY))
            raw.send(request.replace(b"Version: 13", b"Version: 8"))
            raw.receive_all()
        with RawSocket(bridge.plain) as raw:
            raw.send(b"\0" + _KEY)
            raw.receive_all()
        for target in (f"/CP-S?key={_IN_FRAME}", f"ws://CP-S:{_IN_FRAME}@bridge/CP-NEVER"):
            for authorization in (None, basic("CP-S", _WRONG)):
                with RawSocket(bridge.plain) as raw:
                    raw.send(upgrade_request(target, authorization=authorization))
                    raw.receive_all()
        _break_the_handshake(database)
        with contextlib.suppress(websockets.InvalidStatus):
            async with connected(bridge.plain, "CP-S", key=_KEY):
                pass
        wait_until(lambda: "a handshake failed" in bridge.plain.log.read_text(), what="a failure")
        bridge_log = bridge.plain.log.read_text()
    assert "Traceback" not in bridge_log
    with postgres_log.open() as file:
        file.seek(begin)
        database_log = file.read()
    assert "broken on purpose" in database_log
    secrets = [
        _KEY.decode(),
        _WRONG.decode(),
        _KEY.hex(),
        _WRONG.hex(),
        base64.b64encode(b"CP-S:" + _KEY).decode(),
        _IN_FRAME,
        SECRETS.bridge_password,
        SECRETS.charge_point_key_pepper,
        "PRIVATE KEY",
    ]
    for secret in secrets:
        assert secret not in bridge_log, secret
        assert secret not in database_log, secret


def _log_everything(database: Database) -> None:
    """What an operator may well set: every statement that failed, every slow one, each wait."""
    with superuser(database) as connection:
        for setting in ("log_min_error_statement = 'error'", "log_lock_waits = on"):
            connection.execute(f"alter role bridge in database {database.name} set {setting}")


def _break_the_handshake(database: Database) -> None:
    """Let ocpp.open_connection fail as a defect of ours would."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "alter function fleet.find_charge_point_key rename to real_find_charge_point_key"
        )
        row = connection.execute(
            "select pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid)"
            " from pg_proc as p where p.proname = 'real_find_charge_point_key'"
        ).fetchone()
        assert row is not None
        connection.execute(
            f"create function fleet.find_charge_point_key({row[0]}) returns {row[1]}"
            " language plpgsql as $$ begin raise exception 'broken on purpose'; end $$"
        )
