"""Invoices as `billing.describe_invoice` shows them, one of each kind, made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

__all__ = ["KINDS", "Description", "describe", "line"]

Description = dict[str, Any]

_SELLER = {
    "name": "Greenway Charging GmbH",
    "address_line": "Hafenstraße 12",
    "address_line2": None,
    "postal_code": "20457",
    "city": "Hamburg",
    "country_code": "DE",
    "vat_id": "DE123456789",
    "tax_number": "12/345/67890",
    "registration": "Amtsgericht Hamburg, HRB 12345",
    "email": "billing@greenway.example",
    "phone": "+49 40 123456",
    "website": "https://greenway.example",
    "iban": "DE89370400440532013000",
    "bic": "COBADEFFXXX",
    "bank_name": "Commerzbank",
    "creditor_id": "DE98ZZZ09999999999",
    "time_zone": "Europe/Berlin",
}
_BUYER = {
    "kind": "person",
    "name": "Łukasz Größe",
    "contact_name": None,
    "email": "driver@example.org",
    "phone": None,
    "vat_id": None,
    "tax_number": "47/11",
    "address_line": "Am Markt 1",
    "address_line2": "Hinterhaus",
    "postal_code": "10115",
    "city": "Berlin",
    "country_code": "DE",
}
_HEAD = {
    "id": 17,
    "kind": "invoice",
    "occasion": "period",
    "state": "finalised",
    "number": "INV-2026-000017",
    "issued_on": "2026-11-02",
    "due_on": "2026-11-16",
    "period_from": "2026-10-01",
    "period_to": "2026-11-01",
    "period_last": "2026-10-31",
    "currency": "EUR",
    "decimals": 2,
    "language": "de",
    "time_zone": "Europe/Berlin",
    "tax_treatment": "standard",
    "tax_exemption_reason": None,
    "payment_method": "bank_transfer",
    "payment_reference": "RF18539007547034",
    "note": "Gute Fahrt.",
    "reason": None,
    "credited": None,
    "account_id": 1,
    "account_number": "A1001",
    "account_name": None,
    "customer_number": "C1001",
    "buyer_reference": "PO 4711",
    "mandate": None,
}


def line(number: int, excl: str, incl: str, **changes: Any) -> Description:
    """A line about a session that ended on another day than it began; rate and category S, 19."""
    day = (number - 1) % 28 + 1
    session = {
        "transaction_id": number,
        "rating_version": 1,
        "session_id": number,
        "reservation_id": None,
        "site": "Depot Nord",
        "address": "Werftstraße 3",
        "postal_code": "20457",
        "city": "Hamburg",
        "country": "DEU",
        "evse_id": "DE*GRW*E1001*1",
        "id_token": "****KEN1",
        "contract_id": None,
        "time_zone": "Europe/Berlin",
        "started_local": f"2026-10-{day:02d} 23:30",
        "ended_local": f"2026-10-{day + 1:02d} 00:30",
        "energy_kwh": "23.417",
    }
    return {
        "line": number,
        "kind": "transaction",
        "is_credit": False,
        "description": "Charging session",
        "started_at": f"2026-10-{day:02d}T21:30:00Z",
        "ended_at": f"2026-10-{day:02d}T22:30:00Z",
        "quantity": "1",
        "unit": "C62",
        "unit_price": None,
        "includes_vat": True,
        "vat_rate": "19",
        "category": "S",
        "excl": excl,
        "incl": incl,
        "credited_line": None,
        "charged_account": None,
        "session": session,
    } | changes


def describe(lines: Sequence[Description], **changes: Any) -> Description:
    """An invoice of these lines; `seller` and `buyer` are changes to the usual ones."""
    taxes: dict[tuple[str, str], list[Decimal]] = {}
    for one in lines:
        tax = taxes.setdefault((one["category"], one["vat_rate"]), [Decimal(0), Decimal(0)])
        tax[0] += Decimal(one["excl"])
        tax[1] += Decimal(one["incl"])
    excl = sum((tax[0] for tax in taxes.values()), Decimal(0))
    incl = sum((tax[1] for tax in taxes.values()), Decimal(0))
    paid = Decimal(changes.pop("prepaid", "0.00"))
    return {
        **_HEAD,
        "lines": list(lines),
        "taxes": [
            {
                "category": category,
                "vat_rate": rate,
                "excl": str(tax[0]),
                "vat": str(tax[1] - tax[0]),
                "incl": str(tax[1]),
            }
            for (category, rate), tax in taxes.items()
        ],
        "totals": {
            "excl": str(excl),
            "vat": str(incl - excl),
            "incl": str(incl),
            "prepaid": str(paid),
            "due": str(incl - paid),
        },
        **changes,
        "seller": {**_SELLER, **changes.get("seller", {})},
        "buyer": {**_BUYER, **changes.get("buyer", {})},
    }


_SESSIONS = tuple(line(number, "10.00", "11.90") for number in range(1, 9))
_NET = {"includes_vat": False, "unit": "KWH", "quantity": "20", "unit_price": "0.5"}

KINDS: Mapping[str, Description] = {
    "monthly": describe(_SESSIONS),
    "several rates": describe(
        [
            *_SESSIONS[:2],
            line(3, "5.00", "5.35", vat_rate="7", session=None, quantity="1.5", unit="HUR"),
            line(4, "3.00", "3.00", vat_rate="0", category="Z", session=None),
        ],
        language="nl",
    ),
    "collected": describe(
        _SESSIONS[:1],
        payment_method="sepa_debit",
        mandate={"reference": "MND-1", "signed_on": "2026-01-01"},
    ),
    "collective": describe(
        [line(1, "10.00", "11.90", charged_account={"id": 2, "number": "A1002", "name": "Van 7"})],
        period_from=None,
        period_to=None,
        period_last=None,
        language="en",
    ),
    "credit note": describe(
        _SESSIONS[:2],
        kind="credit_note",
        number="CN-2026-000001",
        reason="Doppelt berechnet",
        credited={"id": 16, "number": "INV-2026-000016", "issued_on": "2026-10-02"},
        period_from=None,
        period_to=None,
        period_last=None,
    ),
    "nothing to pay": describe([line(1, "0.00", "0.00")]),
    "reverse charge": describe(
        [line(1, "10.00", "10.00", vat_rate="0", category="AE", **_NET)],
        tax_treatment="reverse_charge",
        language="fr",
        buyer={"vat_id": "FR40303265045", "country_code": "FR", "name": "Transports Émile SARL"},
    ),
    "exempt": describe(
        [line(1, "10.00", "10.00", vat_rate="0", category="E", **_NET)],
        tax_treatment="exempt",
        tax_exemption_reason="Kleinunternehmer nach § 19 UStG",
    ),
    "without a VAT id": describe(_SESSIONS[:1], seller={"vat_id": None}),
    "wallet": describe(_SESSIONS[:1], payment_method="wallet", prepaid="11.90"),
    "credit": describe(_SESSIONS[:2], prepaid="23.80"),
    "part of it credit": describe(_SESSIONS[:2], prepaid="3.80"),
    "without decimals": describe(
        [line(1, "1000", "1100", vat_rate="10")], currency="JPY", decimals=0, language="en"
    ),
    "without a bank": describe(_SESSIONS[:1], seller={"iban": None, "bic": None}, currency="CHF"),
}
"""One of every kind that is to be valid."""
