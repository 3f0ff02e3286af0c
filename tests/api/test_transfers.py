"""Where chargers may be sent for files, the file server's tickets, and campaigns, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.calls import call, key_of
from tests.support.databases import Database
from tests.support.people import People

FIRMWARE = "https://depot.greenway.example/firmware/fw.bin"
LOGS = "https://depot.greenway.example/logs/"


@pytest.fixture(scope="module")
def database(module_database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """What a charger would be sent is known to the database alone."""
    with psycopg.connect(module_database.superuser_url, autocommit=True) as connection:
        yield connection


def ticket_of(database: psycopg.Connection[tuple[Any, ...]], command_id: int) -> str:
    """The ticket within the address that a command carries."""
    row = database.execute(
        "select payload::text from ops.command_secrets where command_id = %s", [command_id]
    ).fetchone()
    assert row is not None
    (ticket,) = re.findall(r"vt_[A-Za-z0-9_-]{43}", row[0])
    return str(ticket)


def test_locations_are_the_tenants_and_written_with_the_permission(people: People) -> None:
    operator = people["greenway.operator"]
    body = {"name": "Vendor", "direction": "download", "url_prefix": "HTTPS://FW.Vendor.example/"}
    made = operator.post("/transfer_locations", json=body)
    assert made.status_code == 201, made.text
    (row,) = operator.get("/transfer_locations?name=eq.Vendor").json()
    assert (row["tenant_id"], row["url_prefix"]) == (101, "https://fw.vendor.example/")
    path = f"/transfer_locations?id=eq.{row['id']}"
    assert people["bluecharge.operator"].get(path).json() == []
    assert people["bluecharge.operator"].delete(path).status_code == 204
    assert people["greenway.support"].patch(path, json={"is_enabled": False}).status_code == 403
    assert people["greenway.support"].post("/transfer_locations", json=body).status_code == 403
    for prefix in ("https://user@x.example/", "https://x.example/../", "https://x.example/a?b/"):
        answer = operator.patch(path, json={"url_prefix": prefix})
        assert answer.status_code == 400, prefix
    assert operator.patch(path, json={"is_enabled": False}).status_code == 204
    answer = operator.post(
        "/rpc/update_firmware",
        json={"location": "https://fw.vendor.example/x", "charge_point": "GW-CP-1"},
    )
    assert (answer.status_code, key_of(answer)) == (400, "location_not_allowed")
    assert operator.delete(path).status_code == 204
    assert operator.get(path).json() == []


def test_a_file_server_redeems_a_ticket_with_its_api_key(
    people: People, database: psycopg.Connection[tuple[Any, ...]]
) -> None:
    (command,) = (
        people["greenway.operator"]
        .post(
            "/rpc/get_log",
            json={"log_type": "SecurityLog", "location": LOGS, "charge_point": "GW-CP-2"},
        )
        .json()
    )
    ticket = ticket_of(database, command["id"])
    key = people["greenway.admin"].post("/rpc/create_api_key", json={"name": "files"}).json()["key"]
    token = call(people.anonymous, "token_for_key", key=key).json()["access_token"]

    body = {"ticket": ticket, "direction": "upload"}
    assert people.anonymous.post("/rpc/redeem_transfer_ticket", json=body).status_code == 401
    other = people["bluecharge.admin"].post("/rpc/redeem_transfer_ticket", json=body)
    assert (other.status_code, key_of(other)) == (404, "ticket_unknown")
    answer = call(people.anonymous, "redeem_transfer_ticket", token, **body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["charge_point"], found["kind"]) == ("GW-CP-2", "log")
    assert found["log_type"] == "SecurityLog"
    again = call(people.anonymous, "redeem_transfer_ticket", token, **body)
    assert (again.status_code, key_of(again)) == (410, "ticket_used")


def test_jobs_and_their_progress_are_the_tenants(people: People) -> None:
    (command,) = (
        people["greenway.operator"]
        .post("/rpc/update_firmware", json={"location": FIRMWARE, "charge_point": "GW-CP-2"})
        .json()
    )
    path = f"/device_jobs?command_id=eq.{command['id']}&select=*,device_job_events(*),commands(*)"
    (job,) = people["greenway.support"].get(path).json()
    assert (job["state"], job["device_job_events"]) == ("requested", [])
    assert job["commands"]["id"] == command["id"]
    assert people["bluecharge.admin"].get(path).json() == []
    assert people["greenway.customer"].get("/device_jobs").status_code == 403

    # Taken back before it was sent.
    cancelled = people["greenway.operator"].post(
        "/rpc/cancel_command", json={"command_id": command["id"]}
    )
    assert cancelled.status_code == 200, cancelled.text
    (job,) = people["greenway.support"].get(path).json()
    assert job["state"] == "cancelled"


def test_a_campaign_is_made_paused_resumed_and_stopped(people: People) -> None:
    operator = people["greenway.operator"]
    made = operator.post(
        "/rpc/create_campaign",
        json={
            "name": "Summer",
            "action": "UpdateFirmware",
            "payload": {"location": FIRMWARE},
            "charge_points": ["GW-CP-1", "gw-cp-2"],
        },
    )
    assert made.status_code == 200, made.text
    (campaign,) = made.json()
    assert (campaign["state"], campaign["pending"], campaign["wave_interval_s"]) == (
        "running",
        2,
        600,
    )
    path = f"/campaigns?id=eq.{campaign['id']}&select=*,campaign_members(*,charge_points(identity))"
    (row,) = people["greenway.support"].get(path).json()
    assert {m["charge_points"]["identity"] for m in row["campaign_members"]} == {
        "GW-CP-1",
        "GW-CP-2",
    }
    assert people["bluecharge.admin"].get(path).json() == []

    body = {"campaign_id": campaign["id"]}
    for verb in ("pause", "resume", "stop"):
        other = people["bluecharge.admin"].post(f"/rpc/{verb}_campaign", json=body)
        assert (other.status_code, key_of(other)) == (404, "campaign_unknown")
    states = [
        operator.post(f"/rpc/{verb}_campaign", json=body).json()[0]["state"]
        for verb in ("pause", "resume", "stop")
    ]
    assert states == ["paused", "running", "stopped"]
    over = operator.post("/rpc/pause_campaign", json=body)
    assert (over.status_code, key_of(over)) == (409, "campaign_finished")
    (row,) = operator.get(path).json()
    assert {member["state"] for member in row["campaign_members"]} == {"skipped"}

    for charge_points, status in ((["BC-CP-1"], 404), (["GW-CP-1", "BC-CP-1"], 404), ([], 400)):
        answer = operator.post(
            "/rpc/create_campaign",
            json={"name": "x", "action": "ClearCache", "charge_points": charge_points},
        )
        assert answer.status_code == status, answer.text
