"""`make demo`: a charger runs one session, and the API tells what the platform made of it.

The stack is started when it does not run. The exit status is 0 only when the operator reads the
session with the right energy, ended and without a hold, with its meter values and frames, when
its driver sees it too, and when the operator of the other tenant sees nothing of it; and when
the driver saw what it cost while it charged, and the operator reads its price with the reasons,
as CSV, and in an export; and when the accountant takes it on to the invoice, the file for the
bank, the bank's statement and paid.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from db.settings import ROOT
from tests.charger import Charger, ChargerError, ocpp_time
from tests.demo_billing import bill_session, folder_of_demo
from tests.demo_prices import LiveCosts, export_rows, read_price
from tests.simulate_client import (
    MeterStore,
    SessionPlan,
    SessionReport,
    print_frame,
    run_session,
)
from tests.support.rest import Api, ApiError
from tests.support.verapdf import failures_of, is_installed

__all__ = [
    "Check",
    "bring_up",
    "hold_charger",
    "main",
    "observe",
    "observe_price",
    "show",
    "sign_in",
]

_DURATION = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the result: what is asked, what was found, and whether that is right."""

    question: str
    found: str
    is_right: bool


def observe(
    info: dict[str, Any], report: SessionReport, *, since: datetime, calls: int
) -> list[Check]:
    """Read a finished session back through the API, as three people.

    `info` is the JSON of `make info`; `since` is a time before the charger connected, and `calls`
    how many messages it sent. Raises ApiError when the API refuses what it should allow.
    """
    plan = report.plan
    operator = sign_in(info, "operator", is_of_first_tenant=True)
    driver = sign_in(info, "customer", is_of_first_tenant=True)
    stranger = sign_in(info, "operator", is_of_first_tenant=False)
    identity = info["demo"]["charge_point"]["id"]
    (charge_point,) = operator.read("charge_points", identity=f"eq.{identity}")
    key = {
        "charge_point_id": f"eq.{charge_point['id']}",
        "transaction_id": f"eq.{report.transaction_id}",
    }
    found = operator.read("charging_sessions", **key)
    if len(found) != 1:
        return [Check("sessions with this transaction id", str(len(found)), is_right=False)]
    session = found[0]
    readings = operator.read("meter_values", session_id=f"eq.{session['id']}")
    frames = operator.read(
        "ocpp_messages",
        charge_point_id=key["charge_point_id"],
        received_at=f"gte.{ocpp_time(since)}",
        select="connection_id,direction,action,payload",
    )
    frames = _of_one_connection(frames, report.transaction_id)
    own = {"id": f"eq.{session['id']}"}
    return [
        Check("session", str(session["id"]), is_right=True),
        Check("charge point last seen at", str(charge_point["last_seen_at"]), is_right=True),
        Check("state", session["state"], session["state"] == "ended"),
        _moment("started at", session["started_at"], plan.started_at),
        _moment("ended at", session["ended_at"], plan.ended_at),
        Check(
            "energy",
            f"{session['energy_wh']:.10g} Wh of {plan.energy_wh} Wh",
            session["energy_wh"] == plan.energy_wh,
        ),
        Check("hold", str(session["hold_reason"] or "none"), session["hold_reason"] is None),
        Check("meter values", str(len(readings)), len(readings) >= plan.readings),
        Check("frames", f"{len(frames)} of {2 * calls}", len(frames) == 2 * calls),
        _sight("its driver sees it", driver.read("charging_sessions", **own), expected=1),
        _sight(
            "its driver sees its meter values",
            driver.read("meter_values", session_id=f"eq.{session['id']}"),
            expected=len(readings),
        ),
        _sight(
            "the other tenant's operator sees it",
            stranger.read("charging_sessions", transaction_id=key["transaction_id"]),
            expected=0,
        ),
        _sight(
            "the other tenant's operator sees its frames",
            stranger.read("ocpp_messages", charge_point_id=key["charge_point_id"]),
            expected=0,
        ),
    ]


def observe_price(info: dict[str, Any], report: SessionReport, costs: LiveCosts) -> list[Check]:
    """Read the price of a finished session through the API, and compare it with the live costs.

    Raises ApiError when the API refuses what it should allow, TimeoutError when no price comes.
    """
    operator = sign_in(info, "operator", is_of_first_tenant=True)
    driver = sign_in(info, "customer", is_of_first_tenant=True)
    stranger = sign_in(info, "operator", is_of_first_tenant=False)
    (session,) = operator.read(
        "charging_sessions",
        transaction_id=f"eq.{report.transaction_id}",
        select="id,ended_at",
    )
    price = read_price(operator, session["id"])
    transaction, row = price.transaction, price.csv_row
    print("\nThe price, as CSV:")
    print("".join(f"  {line}\n" for line in price.csv.splitlines()), end="")
    amounts = [seen.amount for seen in costs.seen]
    total = Decimal(str(transaction["total_incl_vat"] or 0))
    ended_at = datetime.fromisoformat(session["ended_at"])
    exported, is_once = export_rows(
        operator, ended_at - timedelta(minutes=1), ended_at + timedelta(minutes=1)
    )
    final = driver.call("session_cost", session=session["id"])
    own = {"session_id": f"eq.{session['id']}"}
    reasons = transaction["explanation"] or []
    return [
        Check(
            "live costs, as the driver saw them",
            ", ".join(str(amount) for amount in amounts),
            len(amounts) == report.plan.readings and amounts == sorted(set(amounts)),
        ),
        Check(
            "transaction",
            " ".join([transaction["state"], *(transaction["hold_reasons"] or [])]),
            transaction["state"] == "priced",
        ),
        Check(
            "price",
            f"{total} {transaction['currency']}, {transaction['total_excl_vat']} without VAT",
            total > 0 and total >= amounts[-1],
        ),
        *(Check("", reason, is_right=True) for reason in reasons),
        Check(
            "its driver sees the same price",
            f"{final['total_incl_vat']} {final['currency']}",
            bool(reasons) and final["is_final"] and Decimal(str(final["total_incl_vat"])) == total,
        ),
        Check(
            "the CSV says the same",
            f"{row['total_incl_vat']} {row['currency']}",
            Decimal(row["total_incl_vat"] or 0) == total,
        ),
        Check(
            "so does an export, by a link that is good once",
            f"{len(exported)} row{'s' if len(exported) > 1 else ''}",
            is_once
            and [
                Decimal(one["total_incl_vat"])
                for one in exported
                if one["session_id"] == str(session["id"])
            ]
            == [total],
        ),
        _sight("its driver sees the transaction", driver.read("transactions", **own), expected=1),
        _sight(
            "the other tenant's operator sees the transaction",
            stranger.read("transactions", **own),
            expected=0,
        ),
    ]


def observe_bill(info: dict[str, Any], report: SessionReport) -> list[Check]:
    """Take a priced session to its payment through the API, and compare what each step says.

    Raises ApiError when the API refuses what it should allow, TimeoutError when a step takes long.
    """
    accountant = sign_in(info, "accountant", is_of_first_tenant=True)
    driver = sign_in(info, "customer", is_of_first_tenant=True)
    stranger = sign_in(info, "accountant", is_of_first_tenant=False)
    (account,) = driver.read("accounts")
    (session,) = driver.read(
        "charging_sessions", transaction_id=f"eq.{report.transaction_id}", select="id"
    )
    (transaction,) = driver.read("transactions", session_id=f"eq.{session['id']}")
    bill = bill_session(accountant, account["id"], transaction["id"], folder_of_demo(ROOT))
    invoice, paid = bill.invoice, bill.paid
    total = Decimal(str(invoice["total_incl_vat"]))
    charged = sum(
        Decimal(str(line["amount_incl_vat"]))
        for line in bill.lines
        if line["transaction_id"] == transaction["id"]
    )
    own = {"id": f"eq.{invoice['id']}"}
    mine = driver.read("invoices", **own)
    return [
        Check(
            "invoice",
            f"{invoice['number']} over {total} {invoice['currency']},"
            f" {Decimal(str(invoice['total_vat'])):.2f} of it VAT",
            invoice["state"] == "finalised"
            and charged == Decimal(str(transaction["total_incl_vat"])),
        ),
        Check(
            "its PDF/A-3",
            f"{bill.pdf}, {'valid to veraPDF' if is_installed() else 'veraPDF is not here'}",
            bill.pdf.read_bytes().startswith(b"%PDF-")
            and not (is_installed() and failures_of([bill.pdf])),
        ),
        Check(
            "the e-invoice in it (CII) asks for",
            f"{bill.e_invoice_total} {invoice['currency']}",
            bill.e_invoice_total == total,
        ),
        Check("the e-invoice as UBL", str(bill.ubl), b"Invoice" in bill.ubl.read_bytes()),
        Check(
            "file for the bank (pain.008)",
            f"{bill.debit_file} collects {bill.debit_total} EUR",
            bill.debit_total == Decimal(str(bill.payment["amount"])) == total,
        ),
        Check(
            "bank statement (CAMT.053)",
            f"{bill.statement['opening_balance']:.2f} to"
            f" {bill.statement['closing_balance']:.2f} EUR",
            bill.statement["lines"] == 1,
        ),
        Check(
            "the invoice is",
            f"{paid['payment_state']}, {paid['open_amount']:.2f} open",
            paid["payment_state"] == "paid" and paid["open_amount"] == 0,
        ),
        Check("its account owes", f"{bill.balance:.2f} EUR", bill.balance == 0),
        Check(
            "books and bank agree",
            f"{bill.proof['bank_ledger']:.2f} and {bill.proof['bank_statement']:.2f} EUR",
            bool(bill.proof["is_proven"]),
        ),
        Check(
            "its driver sees the invoice, paid",
            "yes" if mine and mine[0]["payment_state"] == "paid" else "no",
            bool(mine) and mine[0]["payment_state"] == "paid",
        ),
        _sight(
            "the other tenant's accountant sees the invoice",
            stranger.read("invoices", **own),
            expected=0,
        ),
    ]


def _of_one_connection(
    frames: list[dict[str, Any]], transaction_id: int | None
) -> list[dict[str, Any]]:
    """The frames of the connection that ended this transaction: another may have run meanwhile."""
    connections = {
        frame["connection_id"]
        for frame in frames
        if frame["direction"] == "in"
        and frame["action"] == "StopTransaction"
        and json.loads(frame["payload"])["transactionId"] == transaction_id
    }
    return [frame for frame in frames if frame["connection_id"] in connections]


def _make_plan(info: dict[str, Any]) -> SessionPlan:
    """Half an hour until now.

    The meter begins with as much as any session has ever reported: it never runs back.
    """
    identity = info["demo"]["charge_point"]["id"]
    operator = sign_in(info, "operator", is_of_first_tenant=True)
    (charge_point,) = operator.read("charge_points", identity=f"eq.{identity}")
    most = operator.read(
        "charging_sessions",
        charge_point_id=f"eq.{charge_point['id']}",
        meter_stop_wh="not.is.null",
        order="meter_stop_wh.desc",
        limit="1",
    )
    return SessionPlan(
        id_token=info["demo"]["id_token"],
        started_at=datetime.now(UTC) - _DURATION,
        duration=_DURATION,
        meter_start_wh=max(
            [MeterStore(identity).read_wh(), *(int(one["meter_stop_wh"]) for one in most)]
        ),
    )


def _moment(question: str, found: str, expected: datetime) -> Check:
    moment = datetime.fromisoformat(found)
    return Check(question, found, abs(moment - expected) < timedelta(milliseconds=1))


def _sight(question: str, rows: list[dict[str, Any]], *, expected: int) -> Check:
    return Check(question, "yes" if rows else "no", len(rows) == expected)


def sign_in(info: dict[str, Any], role: str, *, is_of_first_tenant: bool) -> Api:
    """Sign in as the first account of a role, of the first tenant or of another."""
    accounts = info["demo"]["accounts"]
    first = next(one for one in accounts if one["role"] == role)
    chosen = (
        first
        if is_of_first_tenant
        else next(
            one for one in accounts if one["role"] == role and one["tenant"] != first["tenant"]
        )
    )
    return Api.login(info["api_url"], chosen["email"], chosen["password"])


async def _charge(
    info: dict[str, Any], plan: SessionPlan, costs: LiveCosts
) -> tuple[SessionReport, int]:
    """Run the session of `plan` at the demo charger; return its report and the count of calls.

    The driver looks at the cost after each reading.
    """
    sent = 0

    def on_frame(direction: str, text: str) -> None:
        nonlocal sent
        sent += direction == "sent"
        print_frame(direction, text)

    account = info["demo"]["charge_point"]
    async with Charger(info["ocpp_url"], account["id"], account["key"], on_frame=on_frame) as one:
        report = await run_session(
            one, plan, on_reading=lambda *now: asyncio.to_thread(costs.look, *now)
        )
    MeterStore(account["id"]).write_wh(plan.meter_stop_wh)
    return report, sent


def bring_up() -> dict[str, Any]:
    """Start the stack unless it runs; return the JSON of `make info`. What is said goes to stderr.

    Raises CalledProcessError when a command fails; it has said why.
    """
    command = [sys.executable, "-m", "db"]
    subprocess.run([*command, "start"], stdout=sys.stderr, check=True)
    result = subprocess.run([*command, "info"], stdout=subprocess.PIPE, check=True, text=True)
    info: dict[str, Any] = json.loads(result.stdout)
    return info


@contextlib.contextmanager
def hold_charger() -> Iterator[None]:
    """Wait until no other demo charges: the charger has one plug and one meter."""
    home = ROOT / Path(os.environ.get("VOLTARO_HOME") or ".voltaro").expanduser()
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def show(checks: list[Check]) -> None:
    """Print what was asked and found, one line each."""
    width = max(len(check.question) for check in checks)
    print("\nWhat the platform made of it:")
    for check in checks:
        note = "" if check.is_right else "   <-- wrong"
        print(f"  {check.question.ljust(width)}  {check.found}{note}")


def main() -> int:
    """Run the demo and return the exit status."""
    try:
        info = bring_up()
    except subprocess.CalledProcessError as error:
        return error.returncode
    if info["demo"] is None:
        print("there is no demo tenant here: start with VOLTARO_DEMO=1 on an empty database")
        return 1
    try:
        with hold_charger():
            since = datetime.now(UTC)
            plan = _make_plan(info)
            costs = LiveCosts(sign_in(info, "customer", is_of_first_tenant=True))
            report, sent = asyncio.run(_charge(info, plan, costs))
        checks = observe(info, report, since=since, calls=sent)
        checks += observe_price(info, report, costs)
        # A statement of the bank follows from the one before: one demo at a time makes one.
        with hold_charger():
            checks += observe_bill(info, report)
    except (ChargerError, ApiError, OSError) as error:
        print(f"failed: {error or 'no answer in time'}")
        return 1
    checks += [Check("the charger's complaint", one, is_right=False) for one in report.problems]
    show(checks)
    return 0 if all(check.is_right for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
