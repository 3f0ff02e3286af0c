"""What charging costs while it runs, and budgets that end it: API, database, bridge and charger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.charger import ocpp_time
from tests.e2e.commands import CommandStack, ScriptedCharger

ACCEPTED = {"status": "Accepted"}
RETURN = {"Prefer": "return=representation"}


def run_job(stack: CommandStack) -> str:
    """Run the job once, as the jobs runner does every second."""
    with psycopg.connect(stack.database.jobs_url, autocommit=True) as jobs:
        row = jobs.execute("select jobs.refresh_session_costs()").fetchone()
    assert row is not None
    return str(row[0])


def add_budget(stack: CommandStack, charger: ScriptedCharger, **fields: Any) -> dict[str, Any]:
    """Give the charger's token a budget, as an operator; return its row."""
    (token,) = stack.read(f"/id_tokens?id_token=eq.{charger.account.id_token}")
    answer = stack.people["greenway.operator"].post(
        "/budgets", json={"id_token_id": token["id"], **fields}, headers=RETURN
    )
    assert answer.status_code == 201, answer.text
    (budget,) = answer.json()
    assert isinstance(budget, dict)
    return budget


def start(charger: ScriptedCharger, began: datetime) -> dict[str, Any]:
    """Begin a transaction at 1000 Wh."""
    return charger.call(
        "StartTransaction",
        {
            "connectorId": 1,
            "idTag": charger.account.id_token,
            "meterStart": 1000,
            "timestamp": ocpp_time(began),
        },
    )


def read_meter(charger: ScriptedCharger, transaction_id: int, at: datetime, wh: int) -> None:
    """Report a register."""
    charger.call(
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": transaction_id,
            "meterValue": [{"timestamp": ocpp_time(at), "sampledValue": [{"value": str(wh)}]}],
        },
    )


def cost_of(stack: CommandStack, transaction_id: int) -> dict[str, Any]:
    """The live cost, embedded into the session."""
    (session,) = stack.read(
        f"/charging_sessions?transaction_id=eq.{transaction_id}&select=id,state,session_costs(*)"
    )
    cost = session["session_costs"]
    assert isinstance(cost, dict)
    return cost


def test_a_budget_ends_a_session(command_stack: CommandStack) -> None:
    """The cost follows the readings; at the limit the charger is told to stop, once."""
    began = datetime.now(UTC) - timedelta(minutes=30)
    with command_stack.charger("LIVE-1", {"RemoteStopTransaction": ACCEPTED}) as charger:
        budget = add_budget(command_stack, charger, per="session", max_amount=1, currency="EUR")
        transaction_id = start(charger, began)["transactionId"]
        read_meter(charger, transaction_id, began + timedelta(minutes=5), 2000)
        assert run_job(command_stack) == ""
        cost = cost_of(command_stack, transaction_id)
        # 1 kWh at 0.50 EUR and 19 %.
        assert (cost["total_excl_vat"], cost["total_incl_vat"]) == (0.5, 0.6)
        assert (cost["currency"], cost["energy_wh"], cost["problem"]) == ("EUR", 1000, None)
        assert [line["bucket"] for line in cost["lines"]] == ["ENERGY"]
        assert cost["calculations"] == 1

        one = command_stack.ask("session_cost", session=cost["session_id"]).json()
        assert (one["total_incl_vat"], one["budgets"][0]["used_amount"]) == (0.6, 0.6)
        assert run_job(command_stack) == ""
        assert cost_of(command_stack, transaction_id)["calculations"] == 1
        assert charger.asked("RemoteStopTransaction") == []

        read_meter(charger, transaction_id, began + timedelta(minutes=10), 3000)
        assert run_job(command_stack) == "1 reached a budget, 1 told to stop"
        assert charger.await_call("RemoteStopTransaction") == {"transactionId": transaction_id}
        cost = cost_of(command_stack, transaction_id)
        assert (cost["total_incl_vat"], cost["budget_id"]) == (1.19, budget["id"])
        command = command_stack.finished(cost["stop_command_id"])
        assert (command["state"], command["requested_via"]) == ("accepted", "system")

        read_meter(charger, transaction_id, began + timedelta(minutes=11), 3010)
        run_job(command_stack)
        charger.call(
            "StopTransaction",
            {
                "transactionId": transaction_id,
                "meterStop": 3020,
                "timestamp": ocpp_time(began + timedelta(minutes=12)),
                "reason": "Remote",
            },
        )
        run_job(command_stack)
        assert len(charger.asked("RemoteStopTransaction")) == 1
    (session,) = command_stack.read(f"/charging_sessions?transaction_id=eq.{transaction_id}")
    assert (session["state"], session["stop_reason"]) == ("ended", "Remote")


def test_an_exhausted_budget_lets_nothing_begin(command_stack: CommandStack) -> None:
    """A card whose day is used up is refused at the next start, and the reason is kept."""
    began = datetime.now(UTC) - timedelta(seconds=30)
    with command_stack.charger("LIVE-2", {"RemoteStopTransaction": ACCEPTED}) as charger:
        budget = add_budget(command_stack, charger, per="month", max_energy_wh=1500)
        first = start(charger, began)
        assert first["idTagInfo"]["status"] == "Accepted"
        read_meter(charger, first["transactionId"], began + timedelta(seconds=5), 2500)
        assert run_job(command_stack) == "1 reached a budget, 1 told to stop"
        charger.await_call("RemoteStopTransaction")
        charger.call(
            "StopTransaction",
            {
                "transactionId": first["transactionId"],
                "meterStop": 2500,
                "timestamp": ocpp_time(began + timedelta(seconds=10)),
            },
        )
        second = start(charger, began + timedelta(seconds=20))
        assert second["idTagInfo"]["status"] == "Blocked"
        (decision,) = command_stack.read(
            f"/authorizations?id_token=eq.{charger.account.id_token}&source=eq.start"
            "&order=id.desc&limit=1"
        )
        assert decision["reason"] == "budget_exhausted"

        answer = command_stack.people["greenway.operator"].patch(
            f"/budgets?id=eq.{budget['id']}", json={"max_energy_wh": 100000}, headers=RETURN
        )
        assert answer.json()[0]["used_energy_wh"] == 1500
        third = start(charger, began + timedelta(seconds=25))
        assert third["idTagInfo"]["status"] == "Accepted"
