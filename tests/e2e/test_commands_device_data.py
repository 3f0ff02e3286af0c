"""What commands change on a charger, through API, database, bridge and a real socket:
configuration, local lists, reservations and charging profiles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.charger import Refusal, ocpp_time
from tests.e2e.commands import TENANT_ID, CommandStack, ScriptedCharger

Json = dict[str, Any]
ACCEPTED: Json = {"status": "Accepted"}

PROFILE: Json = {
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16},
            {"startPeriod": 3600, "limit": 9.5, "numberPhases": 1},
        ],
    },
}


def id_of(stack: CommandStack, identity: str) -> int:
    """The number of a charge point."""
    (row,) = stack.read(f"/charge_points?identity=eq.{identity}&select=id")
    return int(row["id"])


def start(charger: ScriptedCharger, **fields: Any) -> Json:
    """Begin a transaction with the charger's own token."""
    return charger.call(
        "StartTransaction",
        {
            "connectorId": 1,
            "idTag": charger.account.id_token,
            "meterStart": 0,
            "timestamp": ocpp_time(datetime.now(UTC)),
        }
        | fields,
    )


def stop(charger: ScriptedCharger, transaction_id: int) -> None:
    """End a transaction."""
    charger.call(
        "StopTransaction",
        {
            "transactionId": transaction_id,
            "meterStop": 100,
            "timestamp": ocpp_time(datetime.now(UTC)),
        },
    )


class Configurable:
    """The configuration of a charger that keeps what it is told."""

    def __init__(self) -> None:
        self.values = {"HeartbeatInterval": "300", "GetConfigurationMaxKeys": "2"}
        self.readonly = {"GetConfigurationMaxKeys"}

    def get(self, payload: Json) -> Json:
        """GetConfiguration.conf."""
        keys = payload.get("key") or list(self.values)
        return {
            "configurationKey": [
                {"key": key, "readonly": key in self.readonly, "value": self.values[key]}
                for key in keys
                if key in self.values
            ],
            "unknownKey": [key for key in keys if key not in self.values],
        }

    def change(self, payload: Json) -> Json:
        """ChangeConfiguration.conf."""
        key, value = payload["key"], payload["value"]
        if key in self.readonly:
            return {"status": "Rejected"}
        if key == "ConnectorPhaseRotation":
            return {"status": "NotSupported"}
        self.values[key] = value
        return {"status": "RebootRequired" if key == "WebSocketPingInterval" else "Accepted"}


def test_configuration_is_read_changed_and_kept(command_stack: CommandStack) -> None:
    """What the charger says and accepts is what the API shows, with the history of it."""
    box = Configurable()
    replies = {"GetConfiguration": box.get, "ChangeConfiguration": box.change}
    with command_stack.charger("CFG-1", replies) as charger:
        charge_point_id = id_of(command_stack, "CFG-1")

        def keys() -> dict[str, str | None]:
            rows = command_stack.read(f"/configuration_keys?charge_point_id=eq.{charge_point_id}")
            return {row["key"]: row["value"] for row in rows}

        (command,) = command_stack.send("get_configuration", charge_point="CFG-1")
        assert command_stack.finished(command["id"])["state"] == "accepted"
        assert charger.asked("GetConfiguration") == [{}]
        assert keys() == {"HeartbeatInterval": "300", "GetConfigurationMaxKeys": "2"}

        commands = command_stack.send(
            "get_configuration", charge_point="CFG-1", keys=["HeartbeatInterval", "A", "B"]
        )
        assert len(commands) == 2
        for command in commands:
            assert command_stack.finished(command["id"])["state"] == "accepted"
        assert charger.asked("GetConfiguration")[1:] == [
            {"key": ["HeartbeatInterval", "A"]},
            {"key": ["B"]},
        ]
        unknown = command_stack.read(
            f"/configuration_keys?charge_point_id=eq.{charge_point_id}&is_unknown=is.true"
        )
        assert {row["key"] for row in unknown} == {"A", "B"}

        (command,) = command_stack.send(
            "change_configuration", charge_point="CFG-1", key="HeartbeatInterval", value="600"
        )
        assert command_stack.finished(command["id"])["result"] == ACCEPTED
        assert keys()["HeartbeatInterval"] == "600" == box.values["HeartbeatInterval"]
        changes = command_stack.read(
            f"/configuration_changes?charge_point_id=eq.{charge_point_id}"
            "&key=eq.HeartbeatInterval&order=id&select=old_value,new_value"
        )
        assert changes == [
            {"old_value": None, "new_value": "300"},
            {"old_value": "300", "new_value": "600"},
        ]

        (command,) = command_stack.send(
            "change_configuration", charge_point="CFG-1", key="WebSocketPingInterval", value="30"
        )
        assert command_stack.finished(command["id"])["state"] == "accepted"
        waiting = f"/configuration_keys?charge_point_id=eq.{charge_point_id}&needs_reboot=is.true"
        assert [row["key"] for row in command_stack.read(waiting)] == ["WebSocketPingInterval"]
        charger.boot()
        assert command_stack.read(waiting) == []

        (command,) = command_stack.send(
            "change_configuration", charge_point="CFG-1", key="ConnectorPhaseRotation", value="x"
        )
        assert command_stack.finished(command["id"])["state"] == "rejected"
        assert keys()["ConnectorPhaseRotation"] is None
        assert command_stack.refusal(
            "change_configuration", charge_point="CFG-1", key="getconfigurationmaxkeys", value="9"
        ) == (409, "configuration_key_readonly")


def test_a_template_is_applied_where_the_configuration_has_drifted(
    command_stack: CommandStack,
) -> None:
    """Only what differs is sent, and what was accepted has drifted no more."""
    box = Configurable()
    replies = {"GetConfiguration": box.get, "ChangeConfiguration": box.change}
    operator = command_stack.people["greenway.operator"]
    with command_stack.charger("CFG-2", replies) as charger:
        made = operator.post(
            "/configuration_templates",
            json={"name": "City"},
            headers={"Prefer": "return=representation"},
        )
        template_id = made.json()[0]["id"]
        wanted = {"HeartbeatInterval": "300", "MeterValueSampleInterval": "60"}
        answer = operator.post(
            "/configuration_template_keys",
            json=[
                {"configuration_template_id": template_id, "key": key, "value": value}
                for key, value in (wanted | {"GetConfigurationMaxKeys": "50"}).items()
            ],
        )
        assert answer.status_code == 201, answer.text
        charge_point_id = id_of(command_stack, "CFG-2")
        answer = operator.patch(
            f"/charge_points?id=eq.{charge_point_id}",
            json={"configuration_template_id": template_id},
        )
        assert answer.status_code == 204, answer.text

        def drift() -> dict[str, str]:
            rows = command_stack.read(f"/configuration_drift?charge_point_id=eq.{charge_point_id}")
            return {row["key"]: row["why"] for row in rows}

        (command,) = command_stack.send("get_configuration", charge_point="CFG-2")
        command_stack.finished(command["id"])
        assert drift() == {
            "MeterValueSampleInterval": "missing",
            "GetConfigurationMaxKeys": "readonly",
        }
        (command,) = command_stack.send("apply_configuration_template", charge_point="CFG-2")
        assert command_stack.finished(command["id"])["state"] == "accepted"
        assert charger.asked("ChangeConfiguration") == [
            {"key": "MeterValueSampleInterval", "value": "60"}
        ]
        assert drift() == {"GetConfigurationMaxKeys": "readonly"}
        assert command_stack.send("apply_configuration_template", charge_point="CFG-2") == []


def test_a_local_list_is_sent_whole_and_then_by_its_differences(
    command_stack: CommandStack,
) -> None:
    """Split as the charger wants it, and what stands there is what it accepted."""
    entries: dict[str, Json] = {}
    version = 0

    def send(payload: Json) -> Json:
        nonlocal version
        if payload["listVersion"] == 666:
            return {"status": "VersionMismatch"}
        if payload["updateType"] == "Full":
            entries.clear()
        for entry in payload.get("localAuthorizationList", []):
            if "idTagInfo" in entry:
                entries[entry["idTag"]] = entry["idTagInfo"]
            else:
                del entries[entry["idTag"]]
        version = payload["listVersion"]
        return ACCEPTED

    replies = {"SendLocalList": send, "GetLocalListVersion": lambda _: {"listVersion": version}}
    with command_stack.charger("LIST-1", replies) as charger:
        charge_point_id = id_of(command_stack, "LIST-1")
        with command_stack.owner() as owner:
            owner.execute(
                "insert into core.configuration_keys"
                " (tenant_id, charge_point_id, key, value, reported_at)"
                " values (%(tenant)s, %(id)s, 'SendLocalListMaxLength', '2', now())",
                {"tenant": TENANT_ID, "id": charge_point_id},
            )

        def known() -> set[str]:
            rows = command_stack.read(f"/local_list_entries?charge_point_id=eq.{charge_point_id}")
            return {row["id_token"] for row in rows}

        def list_row() -> Json:
            (row,) = command_stack.read(f"/local_lists?charge_point_id=eq.{charge_point_id}")
            return row

        names = ["ONE", "TWO", "THREE"]
        commands = command_stack.send(
            "send_local_list",
            charge_point="LIST-1",
            entries=[{"id_token": name, "expires_at": "2100-01-01T00:00:00Z"} for name in names],
        )
        assert [command_stack.finished(each["id"])["state"] for each in commands] == [
            "accepted",
            "accepted",
        ]
        assert [each["updateType"] for each in charger.asked("SendLocalList")] == [
            "Full",
            "Differential",
        ]
        assert known() == set(entries) == set(names)
        assert entries["ONE"] == {"status": "Accepted", "expiryDate": "2100-01-01T00:00:00Z"}

        (command,) = command_stack.send("get_local_list_version", charge_point="LIST-1")
        assert command_stack.finished(command["id"])["result"] == {"listVersion": 2}
        assert (list_row()["version"], list_row()["is_certain"]) == (2, True)

        (command,) = command_stack.send(
            "send_local_list",
            charge_point="LIST-1",
            entries=[
                {"id_token": "ONE", "expires_at": "2100-01-01T00:00:00Z"},
                {"id_token": "FOUR", "status": "Blocked"},
                {"id_token": "THREE", "expires_at": "2100-01-01T00:00:00Z"},
            ],
        )
        command_stack.finished(command["id"])
        assert charger.asked("SendLocalList")[-1] == {
            "listVersion": 3,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idTag": "TWO"},
                {"idTag": "FOUR", "idTagInfo": {"status": "Blocked"}},
            ],
        }
        assert known() == set(entries) == {"ONE", "THREE", "FOUR"}

        (command,) = command_stack.send(
            "send_command",
            action="SendLocalList",
            charge_point="LIST-1",
            payload={"listVersion": 666, "updateType": "Differential"},
        )
        assert command_stack.finished(command["id"])["state"] == "rejected"
        assert list_row()["is_certain"] is False
        commands = command_stack.send("send_local_list", charge_point="LIST-1")
        for command in commands:
            assert command_stack.finished(command["id"])["state"] == "accepted"
        assert commands[0]["payload"]["updateType"] == "Full"
        assert commands[0]["payload"]["listVersion"] == 667
        assert known() == set(entries)
        assert charger.account.id_token in entries


def test_a_reservation_is_made_used_and_cancelled(command_stack: CommandStack) -> None:
    """The object follows the charger's answers, its transactions and its cancellation."""
    replies = {"ReserveNow": ACCEPTED, "CancelReservation": ACCEPTED}
    with command_stack.charger("RSV-1", replies) as charger:
        charge_point_id = id_of(command_stack, "RSV-1")

        def reservation(number: int) -> Json:
            (row,) = command_stack.read(
                f"/reservations?charge_point_id=eq.{charge_point_id}&reservation_no=eq.{number}"
            )
            return row

        expires_at = ocpp_time(datetime.now(UTC) + timedelta(minutes=30))
        (command,) = command_stack.send(
            "reserve_now",
            charge_point="RSV-1",
            connector=1,
            id_token=charger.account.id_token,
            expires_at=expires_at,
        )
        assert command_stack.finished(command["id"])["state"] == "accepted"
        (asked,) = charger.asked("ReserveNow")
        assert asked | {"expiryDate": ""} == {
            "connectorId": 1,
            "expiryDate": "",
            "idTag": charger.account.id_token,
            "reservationId": 1,
        }
        assert reservation(1)["state"] == "reserved"
        refused = command_stack.ask(
            "reserve_now", charge_point="RSV-1", connector=1, id_token="SOMEBODY"
        )
        assert refused.status_code == 409
        assert "reservations_open_connector_key" in refused.text

        transaction_id = start(charger, reservationId=1)["transactionId"]
        (session,) = command_stack.read(f"/charging_sessions?transaction_id=eq.{transaction_id}")
        assert reservation(1)["state"] == "used"
        assert reservation(1)["session_id"] == session["id"]
        stop(charger, transaction_id)

        (command,) = command_stack.send("reserve_now", charge_point="RSV-1", id_token="SOMEBODY")
        command_stack.finished(command["id"])
        assert charger.asked("ReserveNow")[-1]["connectorId"] == 0
        (command,) = command_stack.send("cancel_reservation", reservation_id=reservation(2)["id"])
        assert command_stack.finished(command["id"])["state"] == "accepted"
        assert charger.asked("CancelReservation") == [{"reservationId": 2}]
        assert reservation(2)["state"] == "cancelled"


@pytest.mark.parametrize("status", ["Faulted", "Occupied", "Rejected", "Unavailable"])
def test_a_reservation_that_is_refused_says_why(command_stack: CommandStack, status: str) -> None:
    """Each of the charger's words is kept beside the state."""
    identity = f"RSV-{status}"
    with command_stack.charger(identity, {"ReserveNow": {"status": status}}):
        (command,) = command_stack.send("reserve_now", charge_point=identity, id_token="X")
        assert command_stack.finished(command["id"])["state"] == "rejected"
        (row,) = command_stack.read(f"/reservations?command_id=eq.{command['id']}")
        assert (row["state"], row["status_reported"]) == ("rejected", status)


def test_a_driver_reserves_where_they_may_charge(command_stack: CommandStack) -> None:
    """A driver names the EVSE, sees the reservation, and takes it back."""
    driver = "greenway.driver2"
    replies = {"ReserveNow": ACCEPTED, "CancelReservation": ACCEPTED}
    with command_stack.charger("RSV-9", replies) as charger:
        charger.call(
            "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        )
        with command_stack.owner() as owner:
            owner.execute(
                "update core.evses set evse_id = 'DE*GRW*E9009*1'"
                " where tenant_id = %(tenant)s and charge_point_id = %(id)s",
                {"tenant": TENANT_ID, "id": id_of(command_stack, "RSV-9")},
            )
        (command,) = command_stack.send("reserve_now", by=driver, evse_id="DE*GRW*E9009*1")
        assert command_stack.finished(command["id"], by=driver)["state"] == "accepted"
        assert charger.asked("ReserveNow")[0]["idTag"] == "GWTOKEN2"
        (row,) = command_stack.read("/reservations?state=eq.reserved", by=driver)
        assert command_stack.refusal(
            "cancel_reservation", by="greenway.customer", reservation_id=row["id"]
        ) == (404, "reservation_unknown")
        (command,) = command_stack.send("cancel_reservation", by=driver, reservation_id=row["id"])
        assert command_stack.finished(command["id"], by=driver)["state"] == "accepted"
        assert command_stack.read("/reservations?state=eq.reserved", by=driver) == []


def test_charging_profiles_are_installed_replaced_and_cleared(command_stack: CommandStack) -> None:
    """What stands where follows the charger's answers; a TxProfile goes with its session."""
    schedule = {
        "connectorId": 0,
        "status": "Accepted",
        "scheduleStart": "2026-01-01T00:00:00Z",
        "chargingSchedule": PROFILE["chargingSchedule"],
    }
    replies = {
        "SetChargingProfile": ACCEPTED,
        "ClearChargingProfile": ACCEPTED,
        "GetCompositeSchedule": schedule,
    }
    with command_stack.charger("PRF-1", replies) as charger:
        charge_point_id = id_of(command_stack, "PRF-1")

        def standing() -> list[tuple[int, str]]:
            rows = command_stack.read(
                f"/charging_profile_installations?charge_point_id=eq.{charge_point_id}"
                "&state=eq.installed&order=id"
            )
            return [(row["profile_no"], row["purpose"]) for row in rows]

        def send(**arguments: Any) -> Json:
            (command,) = command_stack.send("set_charging_profile", **arguments)
            return command_stack.finished(command["id"])

        assert send(charge_point="PRF-1", profile=PROFILE)["state"] == "accepted"
        assert charger.asked("SetChargingProfile") == [
            {"connectorId": 0, "csChargingProfiles": PROFILE | {"chargingProfileId": 1}}
        ]
        send(charge_point="PRF-1", profile=PROFILE)
        assert standing() == [(2, "TxDefaultProfile")]

        made = command_stack.people["greenway.operator"].post(
            "/charging_profiles",
            json={
                "name": "Slow",
                "purpose": "TxProfile",
                "kind": "Relative",
                "schedule": PROFILE["chargingSchedule"],
            },
            headers={"Prefer": "return=representation"},
        )
        assert made.status_code == 201, made.text
        stored = made.json()[0]["id"]
        assert command_stack.refusal(
            "set_charging_profile", charge_point="PRF-1", connector=1, charging_profile_id=stored
        ) == (409, "session_not_running")
        transaction_id = start(charger)["transactionId"]
        (session,) = command_stack.read(f"/charging_sessions?transaction_id=eq.{transaction_id}")
        send(session_id=session["id"], charging_profile_id=stored)
        asked = charger.asked("SetChargingProfile")[-1]
        assert asked["connectorId"] == 1
        assert asked["csChargingProfiles"]["transactionId"] == transaction_id
        assert standing() == [(2, "TxDefaultProfile"), (3, "TxProfile")]
        stop(charger, transaction_id)
        assert standing() == [(2, "TxDefaultProfile")]

        (command,) = command_stack.send(
            "get_composite_schedule", charge_point="PRF-1", duration_s=600, unit="A"
        )
        assert command_stack.finished(command["id"])["result"] == schedule
        assert charger.asked("GetCompositeSchedule") == [
            {"connectorId": 0, "duration": 600, "chargingRateUnit": "A"}
        ]

        (command,) = command_stack.send(
            "clear_charging_profile", charge_point="PRF-1", purpose="TxDefaultProfile"
        )
        assert command_stack.finished(command["id"])["state"] == "accepted"
        assert charger.asked("ClearChargingProfile") == [
            {"chargingProfilePurpose": "TxDefaultProfile"}
        ]
        assert standing() == []


def test_an_error_changes_nothing(command_stack: CommandStack) -> None:
    """A charger that knows none of these messages has none of these things."""
    refusal = Refusal("NotSupported", "no smart charging here")
    actions = ("SetChargingProfile", "SendLocalList", "ChangeConfiguration", "ReserveNow")
    with command_stack.charger("NONE-1", dict.fromkeys(actions, refusal)):
        charge_point_id = id_of(command_stack, "NONE-1")
        calls: dict[str, Json] = {
            "set_charging_profile": {"profile": PROFILE},
            "send_local_list": {"entries": [{"id_token": "X"}]},
            "change_configuration": {"key": "HeartbeatInterval", "value": "1"},
            "reserve_now": {"id_token": "X"},
        }
        for function, arguments in calls.items():
            (command,) = command_stack.send(function, charge_point="NONE-1", **arguments)
            finished = command_stack.finished(command["id"])
            assert (finished["state"], finished["error_code"]) == ("error", "NotSupported")
        for path in (
            "/charging_profile_installations?state=eq.installed",
            "/local_list_entries?",
            "/configuration_keys?",
            "/reservations?state=eq.reserved",
        ):
            assert command_stack.read(f"{path}&charge_point_id=eq.{charge_point_id}") == []
