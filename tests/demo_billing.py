"""From the price of the demo's session to money in the bank, each step by the API.

The accountant has the session invoiced, reads the invoice with its PDF/A-3 and e-invoice, has the
amount collected by direct debit, and imports the bank's statement: then the invoice is paid.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from facturx import get_facturx_xml_from_pdf
from lxml import etree

from tests.support.rest import Api, ApiError
from tests.support.statements import Booking, camt, camt_file

__all__ = ["Bill", "bill_session", "folder_of_demo"]

_TIMEOUT_S = 60.0
"""Documents wait for their turn: the first one loads the rules that it is checked by."""
_CII = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}

Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bill:
    """What became of a session on its way to the bank."""

    invoice: Json
    """As it was issued."""
    lines: list[Json]
    pdf: Path
    e_invoice_total: Decimal
    """What the e-invoice within the PDF says is to be paid (EN 16931 BT-115)."""
    ubl: Path
    payment: Json
    debit_file: Path
    debit_total: Decimal
    """What the file for the bank collects (pain.008)."""
    statement: Json
    paid: Json
    """The invoice when the bank's statement had come."""
    balance: Decimal
    """What the account owes afterwards, as its statement says."""
    proof: Json


def bill_session(accountant: Api, account_id: int, transaction_id: int, folder: Path) -> Bill:
    """Take a priced session to its payment; files are written into `folder`.

    Raises ApiError, TimeoutError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _want_invoice_per_session(accountant, account_id)
    invoice = _issue(accountant, transaction_id)
    key = {"invoice_id": f"eq.{invoice['id']}"}
    lines = accountant.read("invoice_lines", **key)
    pdf, ubl = (_fetch(accountant, invoice, kind, folder) for kind in ("pdf", "ubl"))
    payment, batch = _collect(accountant, invoice)
    debit_file = folder / f"{batch['message_id']}.xml"
    debit_file.write_bytes(accountant.fetch("rpc/document", document=batch["document_id"]))
    accountant.call("submit_debit_batch", debit_batch=batch["id"])
    statement = _import_statement(accountant, batch)
    paid = _await(
        lambda: _first(accountant, "invoices", id=f"eq.{invoice['id']}", payment_state="eq.paid"),
        "payment",
    )
    today = datetime.now(UTC).date().isoformat()
    balances = accountant.read("account_balances", account_id=f"eq.{account_id}")
    proof = next(
        one
        for one in accountant.call("prove_books", on=today)
        if one["legal_entity_id"] == invoice["legal_entity_id"]
    )
    return Bill(
        invoice=invoice,
        lines=lines,
        pdf=pdf,
        e_invoice_total=_total_of(pdf),
        ubl=ubl,
        payment=payment,
        debit_file=debit_file,
        debit_total=_debit_total_of(debit_file),
        statement=statement,
        paid=paid,
        balance=sum((Decimal(str(one["receivables"])) for one in balances), Decimal(0)),
        proof=proof,
    )


def _want_invoice_per_session(accountant: Api, account_id: int) -> None:
    """The month is not over, so the account gets an invoice for each session, at once."""
    wish = {"schedule": "session", "grace_days": 0}
    answer = accountant.patch("accounts", wish, id=f"eq.{account_id}")
    if answer.status not in (200, 204):
        raise ApiError(f"PATCH accounts: {answer.status} {answer.body}")


def _issue(accountant: Api, transaction_id: int) -> Json:
    """Wait for the draft with the session in it, and finalise it unless a job was faster."""
    line = _await(
        lambda: _first(
            accountant,
            "invoice_lines",
            transaction_id=f"eq.{transaction_id}",
            is_credit="is.false",
            order="rating_version.desc",
        ),
        "draft",
    )
    key = {"id": f"eq.{line['invoice_id']}"}
    answer = accountant.post("rpc/finalise_invoice", {"invoice": line["invoice_id"]})
    if answer.status not in (200, 409):
        raise ApiError(f"finalise_invoice: {answer.status} {answer.body}")
    return _await(
        lambda: _first(accountant, "invoices", **key, state="eq.finalised"), "finalised invoice"
    )


def _fetch(accountant: Api, invoice: Json, kind: str, folder: Path) -> Path:
    def ask() -> bytes | None:
        try:
            return accountant.fetch("rpc/invoice_document", invoice=invoice["id"], kind=kind)
        except ApiError as error:
            if "document_not_ready" not in str(error):
                raise
            return None

    content = _await(ask, f"{kind} of the invoice")
    suffix = "pdf" if kind == "pdf" else "xml"
    path = folder / f"{str(invoice['number']).replace('/', '-')}.{suffix}"
    path.write_bytes(content)
    return path


def _collect(accountant: Api, invoice: Json) -> tuple[Json, Json]:
    """Announce the collection, and put it into a file for the bank."""
    key = {"invoice_id": f"eq.{invoice['id']}", "method": "eq.sepa_debit"}
    payment = _first(accountant, "payments", **key)
    if payment is None:
        accountant.call("collect_invoice", invoice=invoice["id"])
        (payment,) = accountant.read("payments", **key)
    if payment["debit_batch_id"] is None:
        # Days before the bank has to have it; the demo does not wait for them.
        accountant.call("create_debit_batch", until=payment["collect_on"])
        (payment,) = accountant.read("payments", **key)
    batch = _await(
        lambda: _first(
            accountant,
            "debit_batches",
            id=f"eq.{payment['debit_batch_id']}",
            document_id="not.is.null",
        ),
        "file for the bank",
    )
    return payment, batch


def _import_statement(accountant: Api, batch: Json) -> Json:
    """Have the bank say that the batch was paid; return the statement as it was booked."""
    (entity,) = accountant.read("legal_entities", id=f"eq.{batch['legal_entity_id']}")
    last = _first(
        accountant, "bank_statements", iban=f"eq.{entity['iban']}", order="closed_on.desc,id.desc"
    )
    day = datetime.now(UTC).date()
    content = camt_file(
        camt(
            entity["iban"],
            day,
            f"{Decimal(str(last['closing_balance'])) if last else Decimal(0):.2f}",
            [Booking(f"{Decimal(str(batch['total'])):.2f}", batch=batch["message_id"])],
            reference=batch["message_id"],
        )
    )
    (file,) = accountant.upload("import_bank_statement", content)

    def ask() -> Json | None:
        (found,) = accountant.read("bank_files", id=f"eq.{file['id']}")
        if found["state"] == "parked":
            raise ApiError(f"the statement is parked: {found['reason']} {found['problem']}")
        return _first(accountant, "bank_statements", bank_file_id=f"eq.{file['id']}")

    return _await(ask, "booked statement")


def _total_of(pdf: Path) -> Decimal:
    _, xml = get_facturx_xml_from_pdf(pdf.read_bytes(), check_xsd=True)
    (amount,) = etree.fromstring(xml).findall(".//ram:DuePayableAmount", _CII)
    return Decimal(str(amount.text))


def _debit_total_of(path: Path) -> Decimal:
    root = etree.fromstring(path.read_bytes())
    return sum((Decimal(str(one.text)) for one in root.iter("{*}InstdAmt")), start=Decimal(0))


def _first(api: Api, relation: str, **parameters: str) -> Json | None:
    found = api.read(relation, **parameters, limit="1")
    return found[0] if found else None


def _await(ask: Callable[[], T | None], what: str) -> T:
    deadline = time.monotonic() + _TIMEOUT_S
    while (found := ask()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what} within {_TIMEOUT_S:.0f} s")
        time.sleep(0.2)
    return found


def folder_of_demo(root: Path) -> Path:
    """Where the demo puts its files."""
    return root / Path(os.environ.get("VOLTARO_HOME") or ".voltaro").expanduser() / "demo"
