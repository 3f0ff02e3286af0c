"""What writing both e-invoices has in common."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from lxml import etree

from jobs.documents.invoice import Invoice, Line

__all__ = [
    "EXEMPTION_CODES",
    "GUIDELINE",
    "Writer",
    "exemption_reason_of",
    "means_of",
    "price_of",
    "session_of",
    "terms_of",
]

GUIDELINE = "urn:cen.eu:en16931:2017"
"""EN 16931 as it is, without national extension (BT-24)."""

EXEMPTION_CODES = {"AE": "VATEX-EU-AE"}
"""Of the VATEX code list (BT-121)."""

_REASONS = {"AE": "Reverse charge"}


class Writer:
    """Adds elements by prefixed name; texts that are None are left out with their element."""

    def __init__(self, root: str, namespaces: Mapping[str | None, str]) -> None:
        self._namespaces = dict(namespaces)
        self.root = etree.Element(self._name(root), nsmap=self._namespaces)  # type: ignore[arg-type]  # lxml has no prefix as None

    def group(self, parent: etree._Element, path: str) -> etree._Element:
        """Add elements, each within the one before; the last one is returned."""
        for name in path.split("/"):
            parent = etree.SubElement(parent, self._name(name))
        return parent

    def text(
        self, parent: etree._Element, path: str, text: object | None, **attributes: str
    ) -> None:
        """Add elements with a text in the last one."""
        if text is not None:
            element = self.group(parent, path)
            element.text = str(text)
            for key, value in attributes.items():
                element.set(key, value)

    def bytes(self) -> bytes:
        """The document."""
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")

    def _name(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"{{{self._namespaces[prefix or None]}}}{local}"


def price_of(line: Line) -> tuple[Decimal, Decimal]:
    """The net price and for how much it is (BT-146, BT-149), which give the line's amount exactly.

    A price of one when it does so by itself; else the amount is the price of the whole quantity.
    """
    price = None if line.includes_vat else line.unit_price
    if price is not None and price * line.quantity == line.excl:
        return price, Decimal(1)
    return line.excl, line.quantity


def means_of(invoice: Invoice) -> str | None:
    """The code of UNTDID 4461 for how it is paid (BT-81); None when there is nothing to pay."""
    if invoice.is_credit_note or invoice.incl == 0:
        return None
    if invoice.payment_method == "bank_transfer":
        # Without an account nobody could transfer anything (BR-61).
        if invoice.seller.iban is None:
            return None
        return "58" if invoice.currency == "EUR" else "30"
    return {"sepa_debit": "59", "card": "48", "wallet": "97"}[invoice.payment_method]


def terms_of(invoice: Invoice) -> str | None:
    """Payment terms (BT-20), where no day is one on which to pay."""
    return "Set against what is open" if invoice.is_credit_note and invoice.payable > 0 else None


def exemption_reason_of(invoice: Invoice, category: str) -> str | None:
    """Why there is no VAT (BT-120)."""
    return invoice.tax_exemption_reason if category == "E" else _REASONS.get(category)


def session_of(line: Line) -> str | None:
    """Where, when and how much was charged, with what (BT-154): data, so in no language."""
    session = line.session
    if session is None:
        return line.charged_account
    moments = f"{session.started_at:%Y-%m-%d %H:%M} - {session.ended_at:%Y-%m-%d %H:%M}"
    energy = None if session.energy_kwh is None else f"{session.energy_kwh} kWh"
    parts = (
        session.place,
        session.evse_id,
        moments,
        energy,
        session.id_token,
        line.charged_account,
    )
    return "; ".join(part for part in parts if part)
