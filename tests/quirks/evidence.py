"""What the database holds of one charger, and the messages that tests send for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from tests.bridge.chargers import TENANT_ID, Charger, superuser
from tests.support.databases import Database
from tests.support.processes import wait_until

__all__ = [
    "BOOT",
    "TOKEN",
    "Evidence",
    "Row",
    "ago",
    "meter_value",
    "reading",
    "result",
    "start",
    "stop",
]

TOKEN = "GWTOKEN3"
BOOT = {"chargePointVendor": "Voltaro", "chargePointModel": "Quirky"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows of a charger."""

    database: Database
    identity: str

    def rows(self, query: str) -> list[Row]:
        """Run a query; `%(id)s` in it is the charge point, `%(tenant)s` its tenant."""
        with superuser(self.database) as connection:
            cursor = connection.cursor(row_factory=dict_row)
            found = cursor.execute(
                "select id from core.charge_points where identity = %s", [self.identity]
            ).fetchone()
            assert found is not None
            return cursor.execute(query, {"id": found["id"], "tenant": TENANT_ID}).fetchall()

    def sessions(self) -> list[Row]:
        """Its sessions, the oldest first."""
        return self.rows(
            "select * from core.sessions where tenant_id = %(tenant)s"
            " and charge_point_id = %(id)s order by started_at, id"
        )

    def session(self) -> Row:
        """Its one session."""
        (session,) = self.sessions()
        return session

    def readings(self) -> list[Row]:
        """Its readings, the oldest first."""
        return self.rows(
            "select * from core.meter_values where tenant_id = %(tenant)s"
            " and charge_point_id = %(id)s order by sampled_at, payload_hash"
        )

    def alarms(self) -> list[Row]:
        """Its open alarms by kind."""
        return self.rows(
            "select * from core.alarms where tenant_id = %(tenant)s"
            " and charge_point_id = %(id)s and cleared_at is null order by kind"
        )

    def log(self) -> list[Row]:
        """Its frames, in the order in which they were stored."""
        return self.rows(
            "select * from ops.message_log where tenant_id = %(tenant)s"
            " and charge_point_id = %(id)s order by id"
        )

    def failures(self) -> list[Row]:
        """Messages that could not be processed: none in all these tests."""
        return self.rows(
            "select * from ops.failed_messages where tenant_id = %(tenant)s"
            " and charge_point_id = %(id)s"
        )

    def queue(self, action: str, payload: Row) -> None:
        """Queue a command, as an operator's request does in the end. Raises psycopg.Error."""
        with superuser(self.database) as connection:
            connection.execute(
                "select fleet.queue_command(cp, %s, %s) from core.charge_points as cp"
                " where cp.identity = %s",
                [action, Jsonb(payload), self.identity],
            )

    def refusal(self, action: str, payload: Row) -> str | None:
        """Why a command is refused; None when it is queued."""
        try:
            self.queue(action, payload)
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith("PT4"):
                raise
            return str(error)
        return None

    def commands(self) -> list[Row]:
        """Its commands, the oldest first."""
        return self.rows(
            "select * from ops.commands where tenant_id = %(tenant)s"
            " and charge_point_id = %(id)s order by id"
        )

    def await_commands(self, states: list[str]) -> None:
        """Wait until its newest commands have these states. Raises TimeoutError."""

        def newest() -> list[str]:
            return [row["state"] for row in self.commands()][-len(states) :]

        wait_until(lambda: newest() == states, what=f"commands in {states}")

    def charge_point(self) -> Row:
        """Its own row."""
        (row,) = self.rows(
            "select * from core.charge_points where tenant_id = %(tenant)s and id = %(id)s"
        )
        return row


def ago(**ago: float) -> str:
    """A moment of the past as chargers write it; keyword arguments as of timedelta."""
    return _text(datetime.now(UTC) - timedelta(**ago))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def start(*, at: str, meter_wh: object = 1000, token: str = TOKEN, **fields: object) -> Row:
    """The payload of a StartTransaction on connector 1."""
    return {
        "connectorId": 1,
        "idTag": token,
        "meterStart": meter_wh,
        "timestamp": at,
        **fields,
    }


def stop(transaction_id: object, *, at: str, meter_wh: object, **fields: object) -> Row:
    """The payload of a StopTransaction."""
    return {"transactionId": transaction_id, "meterStop": meter_wh, "timestamp": at, **fields}


def meter_value(at: str, *samples: Row) -> Row:
    """A MeterValue (OCPP 1.6 §7.33)."""
    return {"timestamp": at, "sampledValue": list(samples)}


def reading(transaction_id: object, at: str, *samples: Row) -> Row:
    """The payload of a MeterValues of connector 1; without an id when that is None."""
    fields = {} if transaction_id is None else {"transactionId": transaction_id}
    return {"connectorId": 1, "meterValue": [meter_value(at, *samples)], **fields}


async def result(
    client: Charger, action: str, payload: object, *, message_id: str = "m1"
) -> dict[str, Any]:
    """Send a call and return the payload of its CALLRESULT, which it must get."""
    answer = await client.call(action, payload, message_id=message_id)
    assert answer[:2] == [3, message_id], answer
    payload_of_answer: dict[str, Any] = answer[2]
    return payload_of_answer
