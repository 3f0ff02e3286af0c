"""Firmware updates, diagnostics and logs: API, database, bridge, and a charger that does them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.charger import Refusal
from tests.e2e.commands import CommandStack, Json

FIRMWARE = "https://depot.greenway.example/firmware/fw-2.bin"
LOGS = "https://depot.greenway.example/logs/"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"
TICKET = re.compile(r"vt_[A-Za-z0-9_-]{43}")


def job_of(stack: CommandStack, command: Json) -> Json:
    """The job of a command with its events, as an operator sees it."""
    (row,) = stack.read(
        f"/device_jobs?command_id=eq.{command['id']}"
        "&select=*,device_job_events(status,state),charge_points(identity)"
        "&device_job_events.order=id"
    )
    return row


def statuses(job: Json) -> list[str]:
    """What the charger reported, in order."""
    return [event["status"] for event in job["device_job_events"]]


def assert_secret(stack: CommandStack, ticket: str) -> None:
    """A ticket is in no log, no command and no audit that anybody can read."""
    for path in (
        "/ocpp_messages?select=payload",
        "/commands?select=payload,result",
        "/device_jobs?select=*",
        "/audit_log?select=old_values,new_values",
    ):
        rows = stack.read(path, by="greenway.admin")
        assert rows, path
        assert ticket not in str(rows), path
    assert ticket not in stack.bridge_log()


def test_firmware_is_fetched_with_a_ticket_that_serves_once_and_installed(
    command_stack: CommandStack,
) -> None:
    with command_stack.charger("FW-1", {"UpdateFirmware": {}}) as charger:
        (command,) = command_stack.send(
            "update_firmware",
            location=FIRMWARE,
            retries=2,
            retry_interval_s=30,
            charge_point="fw-1",
        )
        assert command_stack.finished(command["id"])["state"] == "accepted"
        (asked,) = charger.asked("UpdateFirmware")
        assert (asked["retries"], asked["retryInterval"]) == (2, 30)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", asked["retrieveDate"])
        (ticket,) = TICKET.findall(asked["location"])
        assert asked["location"].replace(f"{ticket}/", "") == FIRMWARE

        job = job_of(command_stack, command)
        assert (job["kind"], job["state"]) == ("firmware", "scheduled")
        assert job["charge_points"]["identity"] == "FW-1"
        assert "***" in job["url"]

        for status in ("Downloading", "Downloading", "Downloaded"):
            assert charger.call("FirmwareStatusNotification", {"status": status}) == {}
        redeemed = command_stack.ask("redeem_transfer_ticket", ticket=ticket, direction="download")
        assert redeemed.status_code == 200, redeemed.text
        assert redeemed.json()["charge_point"] == "FW-1"
        assert redeemed.json()["device_job_id"] == job["id"]
        assert command_stack.refusal(
            "redeem_transfer_ticket", ticket=ticket, direction="download"
        ) == (410, "ticket_used")

        for status in ("Installing", "Installed", "Installed", "Idle"):
            charger.call("FirmwareStatusNotification", {"status": status})
        job = job_of(command_stack, command)
        assert (job["state"], job["status_reported"]) == ("done", "Installed")
        assert statuses(job) == ["Downloading", "Downloaded", "Installing", "Installed", "Idle"]
        assert_secret(command_stack, ticket)


def test_signed_firmware_goes_by_its_request_id(command_stack: CommandStack) -> None:
    with command_stack.charger("FW-2", {"SignedUpdateFirmware": {"status": "Accepted"}}) as charger:
        arguments: Json = {
            "location": FIRMWARE,
            "signing_certificate": CERTIFICATE,
            "signature": "c2lnbmF0dXJl",
            "charge_point": "FW-2",
        }
        (first,) = command_stack.send("signed_update_firmware", **arguments)
        command_stack.finished(first["id"])
        charger.replies["SignedUpdateFirmware"] = {"status": "AcceptedCanceled"}
        (second,) = command_stack.send("signed_update_firmware", **arguments)
        assert command_stack.finished(second["id"])["state"] == "accepted"

        one, two = charger.asked("SignedUpdateFirmware")
        assert one["requestId"] != two["requestId"]
        assert two["firmware"]["signingCertificate"] == CERTIFICATE
        for request_id, status in (
            (two["requestId"], "Downloading"),
            (one["requestId"], "DownloadFailed"),
            (two["requestId"], "SignatureVerified"),
            (two["requestId"], "InvalidSignature"),
        ):
            charger.call(
                "SignedFirmwareStatusNotification", {"status": status, "requestId": request_id}
            )
        assert job_of(command_stack, first)["state"] == "cancelled"
        job = job_of(command_stack, second)
        assert (job["state"], job["request_no"]) == ("failed", two["requestId"])
        assert statuses(job) == ["Downloading", "SignatureVerified", "InvalidSignature"]

        charger.replies["SignedUpdateFirmware"] = {"status": "RevokedCertificate"}
        (third,) = command_stack.send("signed_update_firmware", **arguments)
        assert command_stack.finished(third["id"])["state"] == "rejected"
        job = job_of(command_stack, third)
        assert (job["state"], job["details"]["reason"]) == ("failed", "RevokedCertificate")


def test_diagnostics_are_uploaded(command_stack: CommandStack) -> None:
    replies: Json = {"GetDiagnostics": {"fileName": "diag.zip"}}
    with command_stack.charger("FW-3", replies) as charger:
        (command,) = command_stack.send(
            "get_diagnostics",
            location=LOGS,
            since="2026-01-01T00:00:00+01:00",
            charge_point="FW-3",
        )
        command_stack.finished(command["id"])
        (asked,) = charger.asked("GetDiagnostics")
        assert asked["startTime"] == "2025-12-31T23:00:00Z"
        (ticket,) = TICKET.findall(asked["location"])
        assert asked["location"] == f"{LOGS}{ticket}/"
        for status in ("Idle", "Uploading", "Uploaded"):
            charger.call("DiagnosticsStatusNotification", {"status": status})
        job = job_of(command_stack, command)
        assert (job["state"], job["file_name"]) == ("done", "diag.zip")
        assert command_stack.refusal(
            "redeem_transfer_ticket", ticket=ticket, direction="upload"
        ) == (410, "ticket_expired")

        charger.replies["GetDiagnostics"] = {}
        (command,) = command_stack.send("get_diagnostics", location=LOGS, charge_point="FW-3")
        command_stack.finished(command["id"])
        job = job_of(command_stack, command)
        assert (job["state"], job["details"]["reason"]) == ("failed", "nothing_to_upload")


def test_a_log_is_uploaded_and_the_name_of_its_file_keeps_the_ticket_secret(
    command_stack: CommandStack,
) -> None:
    def reply(payload: Json) -> Json:
        (ticket,) = TICKET.findall(payload["log"]["remoteLocation"])
        return {"status": "Accepted", "filename": f"{ticket}/security.log"}

    with command_stack.charger("FW-4", {"GetLog": reply}) as charger:
        (command,) = command_stack.send(
            "get_log", log_type="SecurityLog", location=LOGS, charge_point="FW-4"
        )
        command_stack.finished(command["id"])
        (asked,) = charger.asked("GetLog")
        assert asked["logType"] == "SecurityLog"
        for status in ("Uploading", "Uploaded"):
            charger.call(
                "LogStatusNotification", {"status": status, "requestId": asked["requestId"]}
            )
        job = job_of(command_stack, command)
        assert (job["state"], job["file_name"]) == ("done", "***/security.log")
        assert statuses(job) == ["Uploading", "Uploaded"]
        assert_secret(command_stack, TICKET.findall(asked["log"]["remoteLocation"])[0])


def test_what_a_charger_refuses_has_failed(command_stack: CommandStack) -> None:
    replies: dict[str, Any] = {"GetLog": {"status": "Rejected"}}
    with command_stack.charger("FW-5", replies) as charger:
        (rejected,) = command_stack.send(
            "get_log", log_type="DiagnosticsLog", location=LOGS, charge_point="FW-5"
        )
        assert command_stack.finished(rejected["id"])["state"] == "rejected"
        charger.replies["UpdateFirmware"] = Refusal("NotSupported", "no")
        (refused,) = command_stack.send("update_firmware", location=FIRMWARE, charge_point="FW-5")
        assert command_stack.finished(refused["id"])["state"] == "error"
        found = [job_of(command_stack, command) for command in (rejected, refused)]
        assert [(job["state"], job["details"]["reason"]) for job in found] == [
            ("failed", "Rejected"),
            ("failed", "error"),
        ]


def test_an_update_that_nobody_here_asked_for_is_seen(command_stack: CommandStack) -> None:
    with command_stack.charger("FW-6") as charger:
        for status in ("Downloading", "Installing"):
            charger.call("FirmwareStatusNotification", {"status": status})
        (job,) = command_stack.read(
            "/device_jobs?select=*,charge_points!inner(identity),device_job_events(status)"
            "&charge_points.identity=eq.FW-6"
        )
        assert (job["state"], job["command_id"]) == ("running", None)
        assert job["details"] == {"is_unsolicited": True}
        assert statuses(job) == ["Downloading", "Installing"]


@pytest.fixture(params=["update_firmware", "get_diagnostics", "get_log", "send_command"])
def send_to(
    request: pytest.FixtureRequest, command_stack: CommandStack
) -> Callable[[str], tuple[int, str]]:
    """Send a charger to an address by each way there is; the refusal."""

    def send(location: str) -> tuple[int, str]:
        arguments: Json = {"location": location}
        if request.param == "get_log":
            arguments["log_type"] = "SecurityLog"
        if request.param == "send_command":
            arguments = {"action": "UpdateFirmware", "payload": {"location": location}}
        return command_stack.refusal(request.param, charge_point="GW-CP-1", **arguments)

    return send


def test_a_charger_is_sent_nowhere_else(send_to: Callable[[str], tuple[int, str]]) -> None:
    for location in (
        "https://depot.greenway.example.evil.example/firmware/x",
        "https://depot.greenway.example/firmware/../x",
        "https://me@depot.greenway.example/firmware/x",
        "https://depot.bluecharge.example/firmware/x",
        "https://depot.bluecharge.example/logs/",
    ):
        assert send_to(location) == (400, "location_not_allowed")
