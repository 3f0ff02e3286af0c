"""An invoice as SQL describes it (`billing.describe_invoice`), read into types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jobs.exceptions import DocumentError

__all__ = [
    "Figures",
    "Invoice",
    "Line",
    "Party",
    "Seller",
    "Session",
    "Tax",
    "check_sums",
    "read_invoice",
]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold (XML 1.0, 2.2)."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys, as they were when the invoice was finalised."""

    name: str
    address_line: str
    address_line2: str | None
    postal_code: str
    city: str
    country_code: str
    contact_name: str | None
    email: str | None
    phone: str | None
    vat_id: str | None
    tax_number: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Seller:
    """What only who sells has: the register, and the bank."""

    party: Party
    registration: str | None
    website: str | None
    iban: str | None
    bic: str | None
    bank_name: str | None
    creditor_id: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """What was charged where, when by the clock on the wall there, with which token."""

    place: str
    evse_id: str | None
    id_token: str | None
    energy_kwh: Decimal | None
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A line; amounts in the currency of the invoice, rates in percent."""

    number: int
    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    includes_vat: bool
    vat_rate: Decimal
    category: str
    excl: Decimal
    incl: Decimal
    started_on: date | None
    ended_on: date | None
    charged_account: str | None
    """Who charged, where another account pays."""
    session: Session | None


@dataclass(frozen=True, slots=True)
class Tax:
    """The VAT of all lines of a category (UNTDID 5305) and rate."""

    category: str
    vat_rate: Decimal
    excl: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """What an e-invoice says it comes to: to be compared, whoever wrote it."""

    excl: Decimal
    vat: Decimal
    incl: Decimal
    payable: Decimal
    taxes: frozenset[Tax]


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice, or a credit note, whose amounts are what it takes back."""

    is_credit_note: bool
    number: str
    issued_on: date
    due_on: date
    period_from: date | None
    period_to: date | None
    """The last day of the period, within it."""
    currency: str
    decimals: int
    language: str
    tax_exemption_reason: str | None
    payment_method: str
    payment_reference: str
    mandate_reference: str | None
    account_number: str | None
    buyer_reference: str | None
    credited_number: str | None
    credited_issued_on: date | None
    reason: str | None
    note: str | None
    seller: Seller
    buyer: Party
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    excl: Decimal
    vat: Decimal
    incl: Decimal
    paid: Decimal

    @property
    def payable(self) -> Decimal:
        """What is left to be paid (EN 16931 BT-115)."""
        return self.incl - self.paid

    @property
    def figures(self) -> Figures:
        """What its e-invoices have to say."""
        return Figures(self.excl, self.vat, self.incl, self.payable, frozenset(self.taxes))

    @property
    def delivered_on(self) -> date:
        """The day of the last session, or that of the invoice (BT-72)."""
        return max(
            (line.ended_on for line in self.lines if line.ended_on is not None),
            default=self.issued_on,
        )


def read_invoice(description: Mapping[str, Any]) -> Invoice:
    """Read a description. Raises DocumentError when something that has to be there is missing."""
    try:
        return _read(description)
    except KeyError as error:
        raise DocumentError(f"the description lacks {error.args[0]}") from error
    except (ValueError, TypeError, InvalidOperation, ZoneInfoNotFoundError) as error:
        raise DocumentError(f"the description cannot be read: {error}") from error


def check_sums(invoice: Invoice) -> None:
    """Assert that the figures fit each other to the cent. Raises DocumentError.

    Lines to taxes by category and rate, taxes to totals (EN 16931 BR-CO-10, 13, 14, 15; BR-S-08).
    """
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for line in invoice.lines:
        key = (line.category, line.vat_rate)
        sums[key] = sums.get(key, Decimal(0)) + line.excl
    if sums != {(tax.category, tax.vat_rate): tax.excl for tax in invoice.taxes}:
        raise DocumentError("the lines of a VAT rate do not add up to what its VAT is on")
    if sum((tax.excl for tax in invoice.taxes), Decimal(0)) != invoice.excl:
        raise DocumentError("the lines do not add up to the total without VAT")
    if sum((tax.vat for tax in invoice.taxes), Decimal(0)) != invoice.vat:
        raise DocumentError("the VAT of the rates does not add up to the total VAT")
    if invoice.excl + invoice.vat != invoice.incl:
        raise DocumentError("the total with VAT is not the total without VAT and the VAT")


def _read(given: Mapping[str, Any]) -> Invoice:
    zone = ZoneInfo(given["time_zone"])
    credited = given["credited"] or {}
    totals = given["totals"]
    return Invoice(
        is_credit_note=given["kind"] == "credit_note",
        number=_text(given, "number"),
        issued_on=date.fromisoformat(given["issued_on"]),
        due_on=date.fromisoformat(given["due_on"]),
        period_from=_day(given["period_from"]),
        period_to=_day(given["period_last"]),
        currency=given["currency"],
        decimals=given["decimals"],
        language=given["language"],
        tax_exemption_reason=_optional(given["tax_exemption_reason"]),
        payment_method=given["payment_method"],
        payment_reference=_text(given, "payment_reference"),
        mandate_reference=_optional((given["mandate"] or {}).get("reference")),
        account_number=_optional(given["account_number"]),
        buyer_reference=_optional(given["buyer_reference"]),
        credited_number=_optional(credited.get("number")),
        credited_issued_on=_day(credited.get("issued_on")),
        reason=_optional(given["reason"]),
        note=_optional(given["note"]),
        seller=_seller(given["seller"]),
        buyer=_party(given["buyer"], given["customer_number"]),
        lines=tuple(_line(line, zone) for line in given["lines"]),
        taxes=tuple(
            Tax(
                tax["category"],
                Decimal(tax["vat_rate"]),
                Decimal(tax["excl"]),
                Decimal(tax["vat"]),
            )
            for tax in given["taxes"]
        ),
        excl=Decimal(totals["excl"]),
        vat=Decimal(totals["vat"]),
        incl=Decimal(totals["incl"]),
        paid=Decimal(totals["prepaid"]),
    )


def _seller(given: Mapping[str, Any]) -> Seller:
    return Seller(
        # One without a VAT id has to be known by another one (EN 16931 BR-CO-26).
        party=_party(given, None if given["vat_id"] else given["tax_number"]),
        registration=_optional(given["registration"]),
        website=_optional(given["website"]),
        iban=given["iban"],
        bic=given["bic"],
        bank_name=_optional(given["bank_name"]),
        creditor_id=given["creditor_id"],
    )


def _party(given: Mapping[str, Any], number: str | None) -> Party:
    return Party(
        name=_text(given, "name"),
        address_line=_text(given, "address_line"),
        address_line2=_optional(given["address_line2"]),
        postal_code=_text(given, "postal_code"),
        city=_text(given, "city"),
        country_code=_text(given, "country_code"),
        contact_name=_optional(given.get("contact_name")),
        email=_optional(given["email"]),
        phone=_optional(given["phone"]),
        vat_id=given["vat_id"],
        tax_number=_optional(given["tax_number"]),
        number=_optional(number),
    )


def _line(given: Mapping[str, Any], zone: ZoneInfo) -> Line:
    session = given["session"]
    account = given["charged_account"]
    return Line(
        number=given["line"],
        description=_text(given, "description"),
        quantity=Decimal(given["quantity"]),
        unit=given["unit"],
        unit_price=None if given["unit_price"] is None else Decimal(given["unit_price"]),
        includes_vat=given["includes_vat"],
        vat_rate=Decimal(given["vat_rate"]),
        category=given["category"],
        excl=Decimal(given["excl"]),
        incl=Decimal(given["incl"]),
        started_on=_local_day(given["started_at"], zone),
        ended_on=_local_day(given["ended_at"], zone),
        charged_account=(
            _optional(" ".join(filter(None, (account["number"], account["name"]))))
            if account
            else None
        ),
        session=_session(session) if session else None,
    )


def _session(given: Mapping[str, Any]) -> Session:
    town = " ".join(filter(None, (given["postal_code"], given["city"])))
    energy = given["energy_kwh"]
    return Session(
        place=_clean(", ".join(filter(None, (given["site"], given["address"], town)))),
        evse_id=_optional(given["evse_id"]),
        id_token=_optional(given["id_token"]),
        energy_kwh=None if energy is None else Decimal(energy),
        started_at=datetime.fromisoformat(given["started_local"]),
        ended_at=datetime.fromisoformat(given["ended_local"]),
    )


def _text(given: Mapping[str, Any], key: str) -> str:
    """A text that has to be there."""
    cleaned = _clean(given[key] or "")
    if not cleaned:
        raise ValueError(f"{key} is missing")
    return cleaned


def _optional(text: str | None) -> str | None:
    return _clean(text or "") or None


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text).strip()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _local_day(text: str | None, zone: ZoneInfo) -> date | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(zone).date()
