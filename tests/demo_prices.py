"""What the demo's session costs: while it charges, at the end and why, and as CSV, by the API.

The driver reads the live cost after each reading; the operator reads the price of the
transaction, with its explanation, as CSV and as an export that is fetched by its link.
"""

from __future__ import annotations

import csv
import io
import time
import urllib.error
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.charger import Reading
from tests.support.rest import OPENER, Api, ApiError

__all__ = ["LiveCosts", "Price", "Seen", "export_rows", "read_price"]

_TIMEOUT_S = 20.0
_CSV_COLUMNS = (
    "id,session_id,state,started_at,ended_at,energy_wh,currency,total_excl_vat,vat,total_incl_vat"
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A live cost as the driver saw it."""

    energy_wh: Decimal
    amount: Decimal


class LiveCosts:
    """The driver's look at the price after each reading of one session."""

    def __init__(self, driver: Api) -> None:
        self._driver = driver
        self.seen: list[Seen] = []

    def look(self, transaction_id: int, reading: Reading) -> None:
        """Wait for the cost as of a reading and print it. Raises ApiError, TimeoutError."""
        (session,) = self._driver.read(
            "charging_sessions", transaction_id=f"eq.{transaction_id}", select="id"
        )

        def ask() -> Json | None:
            cost: Json = self._driver.call("session_cost", session=session["id"])
            as_of = cost["as_of"]
            # A charger's clock has milliseconds.
            is_new = as_of is not None and datetime.fromisoformat(as_of) >= reading.at - timedelta(
                milliseconds=1
            )
            return cost if is_new else None

        cost = _await(ask, "a live cost")
        if cost["total_incl_vat"] is None:
            raise ApiError(f"there is no live cost: {cost['problem'] or cost['hold_reasons']}")
        seen = Seen(Decimal(str(cost["energy_wh"])), Decimal(str(cost["total_incl_vat"])))
        self.seen.append(seen)
        print(
            f"             cost so far: {seen.amount} {cost['currency']}"
            f" for {seen.energy_wh / 1000:.3f} kWh",
            flush=True,
        )


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a session that is over."""

    transaction: Json
    csv: str
    """The same transaction as the API writes it as CSV, a line of names and one of values."""

    @property
    def csv_row(self) -> dict[str, str]:
        """Its one row."""
        (row,) = csv.DictReader(io.StringIO(self.csv, newline=""))
        return row


def read_price(operator: Api, session_id: int) -> Price:
    """Wait until a session is a transaction, and read it. Raises ApiError, TimeoutError."""
    key = {"session_id": f"eq.{session_id}"}

    def ask() -> Json | None:
        found = operator.read("transactions", **key)
        return found[0] if found else None

    transaction = _await(ask, "a transaction")
    return Price(transaction, operator.read_csv("transactions", select=_CSV_COLUMNS, **key))


def export_rows(operator: Api, since: datetime, until: datetime) -> tuple[list[Json], bool]:
    """Export the transactions of a time; return the rows of the file and whether it came once.

    Raises ApiError, TimeoutError.
    """
    (export,) = operator.call(
        "create_export",
        list="transactions",
        **{"from": since.isoformat(), "to": until.isoformat()},
    )

    def ask() -> Json | None:
        (found,) = operator.read("exports", id=f"eq.{export['id']}")
        if found["state"] == "failed":
            raise ApiError(f"the export failed: {found['problem']}")
        return found if found["state"] == "ready" else None

    _await(ask, "an export")
    link = operator.call("create_export_link", export=export["id"])
    with OPENER.open(link["url"], timeout=_TIMEOUT_S) as answer:
        text = answer.read().decode()
    try:
        OPENER.open(link["url"], timeout=_TIMEOUT_S).close()
        is_once = False
    except urllib.error.HTTPError as error:
        with error:
            is_once = error.code == 404
    return list(csv.DictReader(io.StringIO(text, newline=""))), is_once


def _await(ask: Callable[[], Json | None], what: str) -> Json:
    deadline = time.monotonic() + _TIMEOUT_S
    while (found := ask()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what} within {_TIMEOUT_S:.0f} s")
        time.sleep(0.1)
    return found
