"""Commands with a strict client of others at the other end: the npm package ocpp-rpc."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.settings import ROOT
from tests.e2e.commands import CommandStack
from tests.support.processes import wait_until

_SCRIPT = Path(__file__).with_name("ocpp_rpc_commands.mjs")

Json = dict[str, Any]
ACCEPTED = {"status": "Accepted"}


class StrictCharger:
    """The client's process; `lines` is what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.lines: list[Json] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(json.loads(line))

    def end(self) -> Json:
        """Let it leave; return its last line."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(20) == 0
        self._reader.join(20)
        return self.lines[-1]

    def await_line(self, **expected: Any) -> Json:
        """Wait for a line that has these members and return it."""
        found: list[Json] = []

        def is_said() -> bool:
            assert self._process.poll() is None, "the client has ended"
            found[:] = [line for line in self.lines if expected.items() <= line.items()]
            return bool(found)

        wait_until(is_said, what=f"the client says {expected}, not only {self.lines}")
        return found[0]


@contextlib.contextmanager
def strict_charger(
    stack: CommandStack, identity: str, replies: dict[str, Json]
) -> Iterator[StrictCharger]:
    """Run the client as a charge point; no frame of ours may break its schemas."""
    account = stack.account(identity)
    process = subprocess.Popen(
        ["node", str(_SCRIPT), stack.bridge.url, identity, account.key, json.dumps(replies)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        charger = StrictCharger(process)
        charger.await_line(ready=True)
        yield charger
        assert charger.end() == {"problems": []}
    finally:
        process.kill()
        process.wait()


def test_a_strict_client_is_started_and_stopped_from_afar(command_stack: CommandStack) -> None:
    """Its transaction is tied to the command, and ended by the other one."""
    id_token = command_stack.account("RPC-TX").id_token
    replies = {"RemoteStartTransaction": ACCEPTED, "RemoteStopTransaction": ACCEPTED}
    with strict_charger(command_stack, "RPC-TX", replies) as charger:
        (command,) = command_stack.send(
            "remote_start_transaction", charge_point="RPC-TX", id_token=id_token, connector=1
        )
        asked = charger.await_line(action="RemoteStartTransaction")
        assert asked["payload"] == {"idTag": id_token, "connectorId": 1}
        answer = charger.await_line(sent="StartTransaction")["answer"]
        assert answer["idTagInfo"]["status"] == "Accepted"
        finished = command_stack.finished(command["id"])
        assert finished["state"] == "accepted"
        (session,) = command_stack.read(f"/charging_sessions?command_id=eq.{command['id']}")
        assert session["transaction_id"] == str(answer["transactionId"])

        (stopping,) = command_stack.send("remote_stop_transaction", session_id=session["id"])
        charger.await_line(sent="StopTransaction")
        assert command_stack.finished(stopping["id"])["state"] == "accepted"
    (session,) = command_stack.read(f"/charging_sessions?command_id=eq.{command['id']}")
    assert (session["state"], session["stop_reason"]) == ("ended", "Remote")


IN_AN_HOUR = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
SCHEDULE = {
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
}


@pytest.mark.parametrize(
    ("action", "payload", "reply"),
    [
        ("CancelReservation", {"reservationId": 7}, ACCEPTED),
        ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}, {"status": "Scheduled"}),
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}, ACCEPTED),
        ("ClearCache", {}, ACCEPTED),
        ("ClearChargingProfile", {"connectorId": 1}, ACCEPTED),
        ("DataTransfer", {"vendorId": "org.example", "data": "x"}, ACCEPTED | {"data": "y"}),
        (
            "GetCompositeSchedule",
            {"connectorId": 1, "duration": 3600},
            ACCEPTED | {"connectorId": 1, "chargingSchedule": SCHEDULE},
        ),
        (
            "GetConfiguration",
            {},
            {
                "configurationKey": [
                    {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
                ],
                "unknownKey": [],
            },
        ),
        (
            "GetInstalledCertificateIds",
            {"certificateType": "CentralSystemRootCertificate"},
            {"status": "NotFound"},
        ),
        (
            "DeleteCertificate",
            {
                "certificateHashData": {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": "0a" * 32,
                    "issuerKeyHash": "0b" * 32,
                    "serialNumber": "0c",
                }
            },
            {"status": "NotFound"},
        ),
        ("GetLocalListVersion", {}, {"listVersion": 0}),
        (
            "ReserveNow",
            {
                "connectorId": 1,
                "expiryDate": IN_AN_HOUR,
                "idTag": "GWTOKEN3",
                "reservationId": 7,
            },
            {"status": "Occupied"},
        ),
        ("Reset", {"type": "Soft"}, ACCEPTED),
        (
            "SendLocalList",
            {
                "listVersion": 1,
                "updateType": "Full",
                "localAuthorizationList": [
                    {"idTag": "GWTOKEN3", "idTagInfo": {"status": "Accepted"}}
                ],
            },
            ACCEPTED,
        ),
        (
            "SetChargingProfile",
            {
                "connectorId": 1,
                "csChargingProfiles": {
                    "chargingProfileId": 3,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingProfileKind": "Relative",
                    "chargingSchedule": SCHEDULE,
                },
            },
            ACCEPTED,
        ),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, ACCEPTED),
        ("UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
        ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}, ACCEPTED),
    ],
)
def test_a_strict_client_takes_every_command(
    command_stack: CommandStack, action: str, payload: Json, reply: Json
) -> None:
    """api.send_command, its payload as the client's schema wants it, its answer in the row."""
    identity = f"RPC-{action}"
    with strict_charger(command_stack, identity, {action: reply}) as charger:
        (command,) = command_stack.send(
            "send_command",
            by="greenway.admin",
            charge_point=identity,
            action=action,
            payload=payload,
        )
        asked = charger.await_line(action=action)["payload"]
        assert payload.items() <= asked.items()
        finished = command_stack.finished(command["id"])
        assert finished["result"] == reply
        assert finished["state"] in ("accepted", "rejected")
