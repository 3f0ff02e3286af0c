"""Charging sessions through the real PostgREST: embedding, filters, CSV."""

from __future__ import annotations

from tests.support.people import People


def test_everything_of_a_session_in_one_request(people: People) -> None:
    """Charge point, EVSE, connector, token, events and readings can be embedded."""
    answer = people["greenway.operator"].get(
        "/charging_sessions",
        params={
            "id": "eq.1001",
            "select": "id,energy_wh,hold_reason,charge_points(identity),evses(evse_no),"
            "connectors(connector_no),id_tokens(id_token),session_events(event),"
            "meter_values(energy_wh,power_w)",
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == [
        {
            "id": 1001,
            "energy_wh": 10000,
            "hold_reason": None,
            "charge_points": {"identity": "GW-CP-1"},
            "evses": {"evse_no": 1},
            "connectors": {"connector_no": 1},
            "id_tokens": {"id_token": "GWTOKEN1"},
            "session_events": [{"event": "started"}, {"event": "ended"}],
            "meter_values": [{"energy_wh": 11000, "power_w": 10000}],
        }
    ]


def test_all_columns_with_their_charge_point(people: People) -> None:
    """The star of a session embeds its charge point; for a driver that is empty."""
    path = "/charging_sessions?select=*,charge_points(*)&state=eq.ended&order=started_at.desc,id"
    operator = people["greenway.operator"].get(path)
    assert operator.status_code == 200, operator.text
    assert [row["charge_points"]["id"] for row in operator.json()] == [1001, 1002]
    driver = people["greenway.customer"].get(path)
    assert [(row["id"], row["charge_points"]) for row in driver.json()] == [(1001, None)]


def test_readings_as_csv(people: People) -> None:
    """A list is a file when it is asked for as one."""
    answer = people["greenway.customer"].get(
        "/meter_value_samples",
        params={"select": "measurand,unit,value", "session_id": "eq.1001", "order": "measurand"},
        headers={"Accept": "text/csv"},
    )
    assert answer.text.splitlines() == [
        "measurand,unit,value",
        "Energy.Active.Import.Register,Wh,11000",
        "Power.Active.Import,W,10000",
    ]


def test_nobody_writes_sessions(people: People) -> None:
    """Sessions, events and readings are written by functions only."""
    operator = people["greenway.operator"]
    for relation in ("charging_sessions", "session_events", "meter_values", "meter_value_samples"):
        key = "id" if relation == "charging_sessions" else "session_id"
        filters = {key: "eq.1001"}
        assert operator.delete(f"/{relation}", params=filters).status_code == 403
        body = {"tenant_id": 101}
        assert operator.post(f"/{relation}", json=body).status_code == 403
