"""A client that is not ours runs a session, and the right people read it back."""

from __future__ import annotations

from datetime import UTC, datetime

from db.connection import connect
from tests.e2e.ocpp_rpc import People, assert_read_back, run_ocpp_rpc
from tests.support.databases import Database
from tests.support.processes import RunningBridge, RunningPart
from tests.support.rest import Api


def test_a_strict_client_of_others_charges_and_is_read_back(
    database: Database, bridge_process: RunningBridge, postgrest: RunningPart
) -> None:
    """ocpp-rpc checks every frame both ways; tenant and person decide who sees the session."""
    with connect(database.owner_url, owner=True) as owner:
        row = owner.execute("select fleet.create_charge_point_key(101, 1001)").fetchone()
    assert row is not None
    since = datetime.now(UTC)

    session = run_ocpp_rpc(bridge_process.url, "GW-CP-1", row[0], "GWTOKEN1")

    people = People(
        operator=_login(postgrest, "operator@greenway.example"),
        driver=_login(postgrest, "customer@greenway.example"),
        other_operator=_login(postgrest, "operator@bluecharge.example"),
        other_driver=_login(postgrest, "customer@bluecharge.example"),
    )
    assert_read_back(session, people, since=since)
    second_driver = _login(postgrest, "driver2@greenway.example")
    assert second_driver.read("meter_values", transaction_id=f"eq.{session.transaction_id}") == []


def _login(postgrest: RunningPart, email: str) -> Api:
    return Api.login(postgrest.url, email, "correct-horse-7")
