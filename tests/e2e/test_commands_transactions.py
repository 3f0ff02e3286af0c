"""Charging started, stopped and operated from afar: API, database, bridge and a real socket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.charger import Refusal, ocpp_time
from tests.e2e.commands import CommandStack, ScriptedCharger
from tests.support.processes import wait_until

ACCEPTED = {"status": "Accepted"}


def start(charger: ScriptedCharger, asked: dict[str, Any], *, meter_wh: int = 1000) -> int:
    """Begin the transaction that a remote start asked for; return its id."""
    answer = charger.call(
        "StartTransaction",
        {
            "connectorId": asked.get("connectorId", 1),
            "idTag": asked["idTag"],
            "meterStart": meter_wh,
            "timestamp": ocpp_time(datetime.now(UTC)),
        },
    )
    assert answer["idTagInfo"]["status"] == "Accepted"
    transaction_id: int = answer["transactionId"]
    return transaction_id


def stop(charger: ScriptedCharger, transaction_id: int, *, meter_wh: int = 1500) -> None:
    """End a transaction as a charge point does that was asked to."""
    charger.call(
        "StopTransaction",
        {
            "transactionId": transaction_id,
            "meterStop": meter_wh,
            "timestamp": ocpp_time(datetime.now(UTC)),
            "reason": "Remote",
        },
    )


def test_an_operator_starts_and_stops_a_session_from_afar(command_stack: CommandStack) -> None:
    """The command is accepted, the session that begins is tied to it, and so is its end."""
    profile = {
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
        },
    }
    replies = {"RemoteStartTransaction": ACCEPTED, "RemoteStopTransaction": ACCEPTED}
    with command_stack.charger("TX-1", replies) as charger:
        (command,) = command_stack.send(
            "remote_start_transaction",
            charge_point="tx-1",
            id_token=charger.account.id_token,
            connector=1,
            charging_profile=profile,
        )
        assert command["action"] == "RemoteStartTransaction"
        assert command["session_id"] is None
        asked = charger.await_call("RemoteStartTransaction")
        assert asked == {
            "idTag": charger.account.id_token,
            "connectorId": 1,
            "chargingProfile": profile | {"chargingProfileId": 1},
        }
        finished = command_stack.finished(command["id"])
        assert (finished["state"], finished["result"]) == ("accepted", ACCEPTED)

        transaction_id = start(charger, asked)
        session_id = command_stack.command(command["id"])["session_id"]
        (session,) = command_stack.read(f"/charging_sessions?id=eq.{session_id}")
        assert session["transaction_id"] == str(transaction_id)
        assert session["command_id"] == command["id"]
        (status,) = command_stack.send("charge_point_status", charge_point="TX-1")
        assert [one["command_id"] for one in status["active_sessions"]] == [command["id"]]

        (stopping,) = command_stack.send("remote_stop_transaction", session_id=session_id)
        assert charger.await_call("RemoteStopTransaction") == {"transactionId": transaction_id}
        assert command_stack.finished(stopping["id"])["state"] == "accepted"
        stop(charger, transaction_id)
    (session,) = command_stack.read(f"/charging_sessions?id=eq.{session_id}")
    assert (session["state"], session["energy_wh"], session["stop_reason"]) == (
        "ended",
        500,
        "Remote",
    )
    assert command_stack.refusal("remote_stop_transaction", session_id=session_id) == (
        409,
        "session_ended",
    )


def test_a_driver_charges_by_the_evse_id_on_the_charger(command_stack: CommandStack) -> None:
    """A driver names an EVSE, sees their own command and session, and stops only their own."""
    driver = "greenway.customer"
    account = command_stack.account("TX-DRIVER")
    evse_id = "DE*GRW*ETXDRIVER"
    with command_stack.owner() as owner:
        owner.execute(
            "update core.evses set evse_id = %s where charge_point_id = %s",
            [evse_id, account.charge_point_id],
        )
        # The driver's token may charge at one site only.
        owner.execute(
            "update core.charge_points set site_id = 1001 where id = %s", [account.charge_point_id]
        )
    assert command_stack.refusal("remote_start_transaction", by=driver, evse_id=evse_id) == (
        409,
        "charge_point_offline",
    )
    replies = {"RemoteStartTransaction": ACCEPTED, "RemoteStopTransaction": ACCEPTED}
    with command_stack.charger("TX-DRIVER", replies) as charger:
        (command,) = command_stack.send("remote_start_transaction", by=driver, evse_id=evse_id)
        asked = charger.await_call("RemoteStartTransaction")
        assert asked == {"idTag": "GWTOKEN1", "connectorId": 1}
        assert command_stack.finished(command["id"], by=driver)["state"] == "accepted"
        transaction_id = start(charger, asked)
        session_id = command_stack.command(command["id"], by=driver)["session_id"]
        (session,) = command_stack.read(f"/charging_sessions?id=eq.{session_id}", by=driver)
        assert session["transaction_id"] == str(transaction_id)

        other = "greenway.driver2"
        assert command_stack.read(f"/commands?id=eq.{command['id']}", by=other) == []
        assert command_stack.refusal(
            "remote_stop_transaction", by=other, session_id=session_id
        ) == (404, "session_unknown")
        (stopping,) = command_stack.send(
            "remote_stop_transaction", by=driver, session_id=session_id
        )
        assert command_stack.finished(stopping["id"], by=driver)["state"] == "accepted"
        stop(charger, transaction_id)


def test_a_refused_remote_start_has_no_session(command_stack: CommandStack) -> None:
    """A session that somebody begins at the charger afterwards is theirs."""
    replies = {"RemoteStartTransaction": {"status": "Rejected"}}
    with command_stack.charger("TX-REFUSED", replies) as charger:
        id_token = charger.account.id_token
        (command,) = command_stack.send(
            "remote_start_transaction", charge_point="TX-REFUSED", id_token=id_token
        )
        assert command_stack.finished(command["id"])["state"] == "rejected"
        transaction_id = start(charger, {"idTag": id_token})
        (session,) = command_stack.read(
            f"/charging_sessions?charge_point_id=eq.{charger.account.charge_point_id}"
        )
        assert session["command_id"] is None
        assert command_stack.command(command["id"])["session_id"] is None
        stop(charger, transaction_id)


@pytest.mark.parametrize(
    ("function", "arguments", "action", "payload", "reply", "state"),
    [
        ("reset", {}, "Reset", {"type": "Soft"}, ACCEPTED, "accepted"),
        ("reset", {"type": "Hard"}, "Reset", {"type": "Hard"}, ACCEPTED, "accepted"),
        (
            "unlock_connector",
            {"connector": 1},
            "UnlockConnector",
            {"connectorId": 1},
            {"status": "Unlocked"},
            "accepted",
        ),
        (
            "unlock_connector",
            {},
            "UnlockConnector",
            {"connectorId": 1},
            {"status": "UnlockFailed"},
            "rejected",
        ),
        (
            "unlock_connector",
            {},
            "UnlockConnector",
            {"connectorId": 1},
            {"status": "NotSupported"},
            "rejected",
        ),
        (
            "change_availability",
            {"type": "Inoperative"},
            "ChangeAvailability",
            {"connectorId": 0, "type": "Inoperative"},
            {"status": "Scheduled"},
            "accepted",
        ),
        (
            "change_availability",
            {"type": "Operative", "connector": 1},
            "ChangeAvailability",
            {"connectorId": 1, "type": "Operative"},
            {"status": "Rejected"},
            "rejected",
        ),
        ("clear_cache", {}, "ClearCache", {}, ACCEPTED, "accepted"),
        (
            "data_transfer",
            {"vendor_id": "org.example", "message_id": "note", "data": "text"},
            "DataTransfer",
            {"vendorId": "org.example", "messageId": "note", "data": "text"},
            {"status": "Accepted", "data": "back"},
            "accepted",
        ),
        (
            "data_transfer",
            {"vendor_id": "org.example"},
            "DataTransfer",
            {"vendorId": "org.example"},
            {"status": "UnknownVendorId"},
            "rejected",
        ),
        (
            "trigger_message",
            {"message": "StatusNotification", "connector": 1},
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "connectorId": 1},
            {"status": "NotImplemented"},
            "rejected",
        ),
        (
            "extended_trigger_message",
            {"message": "Heartbeat"},
            "ExtendedTriggerMessage",
            {"requestedMessage": "Heartbeat"},
            ACCEPTED,
            "accepted",
        ),
    ],
)
def test_a_command_reaches_the_charger_and_its_answer_comes_back(
    command_stack: CommandStack,
    function: str,
    arguments: dict[str, Any],
    action: str,
    payload: dict[str, Any],
    reply: dict[str, Any],
    state: str,
) -> None:
    """Each friendly function: its payload on the socket, the answer in the row."""
    with command_stack.charger("TX-OPERATED", {action: reply}) as charger:
        (command,) = command_stack.send(function, charge_point="TX-OPERATED", **arguments)
        assert charger.await_call(action) == payload
        finished = command_stack.finished(command["id"])
        assert (finished["state"], finished["result"]) == (state, reply)


def test_a_charger_that_knows_no_such_command_leaves_an_error(
    command_stack: CommandStack,
) -> None:
    """A CALLERROR is kept with its code and words."""
    refusal = Refusal("NotSupported", "no cache here")
    with command_stack.charger("TX-ERROR", {"ClearCache": refusal}):
        (command,) = command_stack.send("clear_cache", charge_point="TX-ERROR")
        finished = command_stack.finished(command["id"])
        assert (finished["state"], finished["error_code"], finished["error_description"]) == (
            "error",
            "NotSupported",
            "no cache here",
        )


def test_a_command_for_a_group_has_a_row_for_each_member(command_stack: CommandStack) -> None:
    """The one that is there gets it, the one that is away says so."""
    with command_stack.charger("TX-HERE", {"TriggerMessage": ACCEPTED}) as charger:
        away = command_stack.account("TX-AWAY")
        with command_stack.owner() as owner:
            owner.execute(
                "with made as (insert into core.charge_point_groups (tenant_id, name)"
                " values (101, 'TX') returning tenant_id, id)"
                " insert into core.charge_point_group_members select tenant_id, id, unnest(%s)"
                " from made",
                [[charger.account.charge_point_id, away.charge_point_id]],
            )
        commands = command_stack.send(
            "trigger_message", charge_point_group="TX", message="Heartbeat"
        )
        assert len({one["batch_id"] for one in commands}) == 1
        charger.await_call("TriggerMessage")
        states = {one["charge_point_id"]: command_stack.finished(one["id"]) for one in commands}
    assert states[charger.account.charge_point_id]["state"] == "accepted"
    assert states[away.charge_point_id]["state"] == "expired"
    assert states[away.charge_point_id]["error_code"] == "Offline"


def test_a_kept_command_waits_for_its_charger(command_stack: CommandStack) -> None:
    """Unless it is kept, a charger that is away says so at once."""
    command_stack.account("TX-LATER")
    refused = command_stack.refusal("reset", charge_point="TX-LATER")
    assert refused == (409, "charge_point_offline")
    (command,) = command_stack.send("clear_cache", charge_point="TX-LATER")
    (reset,) = command_stack.send("reset", charge_point="TX-LATER", keep=True)
    (status,) = command_stack.send("charge_point_status", charge_point="TX-LATER")
    assert (status["is_connected"], status["queued_commands"]) == (False, 2)
    with command_stack.charger("TX-LATER", {"ClearCache": ACCEPTED, "Reset": ACCEPTED}) as charger:
        assert command_stack.finished(command["id"])["state"] == "accepted"
        assert command_stack.finished(reset["id"])["state"] == "accepted"
        assert [action for action, _ in charger.calls] == ["ClearCache", "Reset"]


def test_a_boot_is_asked_for_once_a_connection(command_stack: CommandStack) -> None:
    """Quirks 24 and 25: the charger boots when asked, and is asked again when it is back."""
    asking = {"charge_point": "TX-BOOT", "message": "BootNotification"}
    with command_stack.charger("TX-BOOT", {"TriggerMessage": ACCEPTED}) as charger:
        (command,) = command_stack.send("trigger_message", **asking)
        assert command_stack.finished(command["id"])["state"] == "accepted"
        refused = command_stack.refusal("trigger_message", **asking)
        assert refused == (409, "boot_trigger_repeated")
        charger.connect()
        charger.boot()
        (again,) = command_stack.send("trigger_message", **asking)
        wait_until(lambda: len(charger.asked("TriggerMessage")) == 2, what="the second trigger")
        assert command_stack.finished(again["id"])["state"] == "accepted"


def test_nothing_is_started_while_the_registration_is_pending(
    command_stack: CommandStack,
) -> None:
    """OCPP 1.6 §4.2; what configures the charger goes through."""
    account = command_stack.account("TX-PENDING")
    with command_stack.owner() as owner:
        owner.execute(
            "update core.charge_points set registration_status = 'Pending' where id = %s",
            [account.charge_point_id],
        )
    with command_stack.charger("TX-PENDING", {"ClearCache": ACCEPTED}, boots=False) as charger:
        assert charger.boot().status == "Pending"
        refused = command_stack.refusal(
            "remote_start_transaction", charge_point="TX-PENDING", id_token="ANY"
        )
        assert refused == (409, "charge_point_not_accepted")
        (command,) = command_stack.send("clear_cache", charge_point="TX-PENDING")
        assert command_stack.finished(command["id"])["state"] == "accepted"
