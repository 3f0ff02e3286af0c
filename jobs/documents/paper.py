"""The PDF/A-3 that a person reads, with the e-invoice in it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import segno.helpers
import typst
from facturx.facturx import generate_xmp_bytes

from jobs.documents.invoice import Invoice, Line, Party
from jobs.documents.texts import Words, words_of
from jobs.exceptions import DocumentError

__all__ = ["Paper", "payment_qr", "replace_metadata"]

_MOST_BY_QR = 999_999_999
"""EPC069-12 has room for so much."""
_PLAIN = 0x7F
"""Characters below are ASCII: every font has them, and JSON is made of them."""
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s+(\d+)\s+%%EOF\s*$", re.DOTALL)
_METADATA = re.compile(rb"/Type/Catalog\b[^\0]*?/Metadata (\d+) 0 R")


class Paper:
    """Sets invoices. The compiler is kept, for it has read its fonts; not for several threads."""

    def __init__(self) -> None:
        self._template = (files("jobs.documents") / "invoice.typ").read_bytes()
        # The fonts that typst brings: the same PDF on every machine.
        self._typst = typst.Compiler(ignore_system_fonts=True)
        # Whether a character has a glyph, of those that were asked about.
        self._shown: dict[str, bool] = {}

    def write(self, invoice: Invoice, cii: bytes) -> bytes:
        """Set an invoice and put its e-invoice into it. Raises DocumentError."""
        words = words_of(invoice.language, invoice.seller.party.country_code)
        sheet = json.dumps(_sheet(invoice, words), ensure_ascii=False)
        xml = cii.decode()
        try:
            pdf = self._set(sheet, xml)
        except typst.TypstError:
            # A character without a glyph is an error in PDF/A. The e-invoice within has them all.
            try:
                pdf = self._set("".join(map(self._shown_as, sheet)), xml)
            except typst.TypstError as error:
                raise DocumentError(f"typst: {error}") from error
        title = _title(invoice, words)
        about = {"title": title, "author": invoice.seller.party.name, "subject": title}
        return replace_metadata(pdf, bytes(generate_xmp_bytes("factur-x", "en16931", None, about)))

    def _set(self, sheet: str, xml: str) -> bytes:
        return self._compile(self._template, {"invoice": sheet, "cii": xml})

    def _compile(self, template: bytes, inputs: dict[str, str]) -> bytes:
        pdf = self._typst.compile(
            input=template, format="pdf", pdf_standards="a-3b", sys_inputs=inputs
        )
        if not isinstance(pdf, bytes):
            raise DocumentError("typst made no PDF")
        return pdf

    def _shown_as(self, character: str) -> str:
        """The character, or a question mark when no font has it."""
        if ord(character) < _PLAIN:
            return character
        if character not in self._shown:
            try:
                self._compile(b"#sys.inputs.text", {"text": character})
                self._shown[character] = True
            except typst.TypstError:
                self._shown[character] = False
        return character if self._shown[character] else "?"


def replace_metadata(pdf: bytes, xmp: bytes) -> bytes:
    """Give a PDF of typst other metadata, by an update at its end (ISO 32000-1, 7.5.6).

    Typst attaches the e-invoice itself, but has no way to say in the metadata that it is one.
    Rewriting the file with pypdf, as factur-x does, costs as much as all the rest together and
    doubles its size.
    """
    # From the last one on: what people wrote may say trailer as well.
    trailer = _TRAILER.match(pdf, max(pdf.rfind(b"trailer"), 0))
    catalogue = _METADATA.search(pdf)
    if trailer is None or catalogue is None:
        raise DocumentError("typst's PDF has no metadata where it used to have them")
    number = catalogue.group(1)
    update = io.BytesIO()
    update.write(pdf)
    update.write(b"" if pdf.endswith(b"\n") else b"\n")
    start = update.tell()
    update.write(b"%b 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\n" % (number, len(xmp)))
    update.write(b"stream\n%b\nendstream\nendobj\n" % xmp)
    table = update.tell()
    update.write(b"xref\n0 1\n0000000000 65535 f \n%b 1\n%010d 00000 n \n" % (number, start))
    update.write(b"trailer\n<<%b/Prev %b>>\n" % trailer.groups())
    update.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return update.getvalue()


def payment_qr(invoice: Invoice) -> str | None:
    """The QR code that banking apps read (EPC069-12, GiroCode), as SVG; None where it is of no use.

    It holds a SEPA credit transfer: euros, to an IBAN, with the structured creditor reference.
    """
    if (
        invoice.is_credit_note
        or invoice.payment_method != "bank_transfer"
        or invoice.currency != "EUR"
        or invoice.seller.iban is None
        or not 0 < invoice.payable <= _MOST_BY_QR
    ):
        return None
    code = segno.helpers.make_epc_qr(
        name=invoice.seller.party.name,
        iban=invoice.seller.iban,
        bic=invoice.seller.bic,
        amount=invoice.payable,
        reference=invoice.payment_reference,
    )
    out = io.BytesIO()
    code.save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def _sheet(invoice: Invoice, words: Words) -> dict[str, Any]:
    """Everything on the paper, in words."""
    seller = invoice.seller
    return {
        "language": words.language,
        "title": _title(invoice, words),
        "date": [invoice.issued_on.year, invoice.issued_on.month, invoice.issued_on.day],
        "seller": {
            "name": seller.party.name,
            "line": " · ".join(_address(seller.party, words, home=seller.party.country_code)),
        },
        "buyer": _address(invoice.buyer, words, home=seller.party.country_code),
        "facts": list(_facts(invoice, words)),
        "opening": list(_opening(invoice, words)),
        "columns": [
            words[key] for key in ("position", "service", "quantity", "vat", "excl", "incl")
        ],
        "lines": [_row(invoice, line, words) for line in invoice.lines],
        "totals": list(_totals(invoice, words)),
        "payment": [_payment(invoice, words)],
        "bank": list(_bank(invoice, words)),
        "qr": payment_qr(invoice),
        "closing": list(_closing(invoice, words)),
        "footer": _footer(invoice, words),
        "words": {key: words[key] for key in ("page", "scan", "e_invoice")},
    }


def _title(invoice: Invoice, words: Words) -> str:
    return f"{words['credit_note' if invoice.is_credit_note else 'invoice']} {invoice.number}"


def _address(party: Party, words: Words, *, home: str) -> list[str]:
    """The lines of an address; the country where it is another than ours."""
    lines = [
        party.name,
        party.contact_name,
        party.address_line,
        party.address_line2,
        f"{party.postal_code} {party.city}",
        words.country(party.country_code) if party.country_code != home else None,
    ]
    return [line for line in lines if line]


def _facts(invoice: Invoice, words: Words) -> Iterator[tuple[str, str]]:
    yield words["number"], invoice.number
    yield words["date"], words.date(invoice.issued_on)
    if not invoice.is_credit_note:
        yield words["due"], words.date(invoice.due_on)
    if invoice.buyer.number:
        yield words["customer"], invoice.buyer.number
    if invoice.account_number:
        yield words["account"], invoice.account_number
    if invoice.period_from and invoice.period_to:
        first, last = words.date(invoice.period_from), words.date(invoice.period_to)
        yield words["period"], f"{first} \u2013 {last}"
    else:
        yield words["delivered"], words.date(invoice.delivered_on)
    if invoice.buyer_reference:
        yield words["your_reference"], invoice.buyer_reference
    if invoice.buyer.vat_id:
        yield words["your_vat_id"], invoice.buyer.vat_id


def _opening(invoice: Invoice, words: Words) -> Iterator[str]:
    if invoice.credited_number is not None and invoice.credited_issued_on is not None:
        yield words["credits"].format(
            number=invoice.credited_number,
            date=words.date(invoice.credited_issued_on),
            reason=invoice.reason or "",
        )


def _row(invoice: Invoice, line: Line, words: Words) -> dict[str, Any]:
    return {
        "number": line.number,
        "description": line.description,
        "details": list(_details(line, words)),
        "quantity": words.quantity(line.quantity, line.unit),
        "vat": words.percent(line.vat_rate),
        "excl": words.amount(line.excl, invoice.decimals),
        "incl": words.amount(line.incl, invoice.decimals),
    }


def _details(line: Line, words: Words) -> Iterator[str]:
    session = line.session
    if session is not None:
        if session.place:
            yield session.place
        energy = None if session.energy_kwh is None else words.quantity(session.energy_kwh, "KWH")
        facts = (
            words.moment(session.started_at, session.ended_at),
            energy,
            session.evse_id,
            session.id_token,
        )
        yield " · ".join(fact for fact in facts if fact)
    if line.charged_account:
        yield line.charged_account


def _totals(invoice: Invoice, words: Words) -> Iterator[tuple[str, str, bool]]:
    def money(amount: Any) -> str:
        return words.money(amount, invoice.currency, invoice.decimals)

    yield words["total_excl"], money(invoice.excl), False
    for tax in invoice.taxes:
        label = words["vat_on"].format(rate=words.percent(tax.vat_rate), amount=money(tax.excl))
        yield label, money(tax.vat), False
    yield words["credited" if invoice.is_credit_note else "total"], money(invoice.incl), True
    if invoice.paid:
        yield words["paid"], money(-invoice.paid), False
        yield words["payable"], money(invoice.payable), True


def _payment(invoice: Invoice, words: Words) -> str:
    if invoice.incl == 0:
        key = "pay_nothing"
    elif invoice.is_credit_note:
        key = "pay_credit"
    elif invoice.payable == 0:
        key = "pay_wallet" if invoice.payment_method == "wallet" else "pay_settled"
    elif invoice.payment_method == "sepa_debit" and invoice.mandate_reference:
        key = "pay_debit"
    elif invoice.payment_method == "card":
        key = "pay_card"
    else:
        key = "pay_transfer"
    return words[key].format(
        amount=words.money(invoice.payable, invoice.currency, invoice.decimals),
        date=words.date(invoice.due_on),
        reference=_grouped(invoice.payment_reference),
        mandate=f"{words['mandate']} {invoice.mandate_reference}",
        creditor=f"{words['creditor']} {invoice.seller.creditor_id}",
    )


def _bank(invoice: Invoice, words: Words) -> Iterator[tuple[str, str]]:
    if invoice.is_credit_note or invoice.payable == 0:
        return
    if invoice.payment_method in {"bank_transfer", "wallet"} and invoice.seller.iban:
        yield "IBAN", _grouped(invoice.seller.iban)
        if invoice.seller.bic:
            yield "BIC", invoice.seller.bic
    yield words["reference"], _grouped(invoice.payment_reference)


def _closing(invoice: Invoice, words: Words) -> Iterator[str]:
    categories = {tax.category for tax in invoice.taxes}
    if "AE" in categories:
        yield words["reverse_charge"]
    if "E" in categories and invoice.tax_exemption_reason:
        yield invoice.tax_exemption_reason
    if invoice.note:
        yield invoice.note


def _footer(invoice: Invoice, words: Words) -> list[list[str]]:
    seller = invoice.seller
    party = seller.party
    columns = (
        _address(party, words, home=party.country_code),
        [party.phone, party.email, seller.website],
        [
            seller.registration,
            f"{words['vat_id']} {party.vat_id}" if party.vat_id else None,
            f"{words['tax_number']} {party.tax_number}" if party.tax_number else None,
        ],
        [
            seller.bank_name,
            f"IBAN {_grouped(seller.iban)}" if seller.iban else None,
            f"BIC {seller.bic}" if seller.bic else None,
        ],
    )
    kept = ([text for text in column if text] for column in columns)
    return [column for column in kept if column]


def _grouped(reference: str) -> str:
    """In groups of four, as IBANs and creditor references are printed."""
    return "\u00a0".join(reference[i : i + 4] for i in range(0, len(reference), 4))
