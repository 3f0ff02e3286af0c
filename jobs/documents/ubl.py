"""The e-invoice as a file of its own: UBL 2.1, Invoice or CreditNote (EN 16931)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from lxml import etree

from jobs.documents.einvoice import (
    EXEMPTION_CODES,
    GUIDELINE,
    Writer,
    exemption_reason_of,
    means_of,
    price_of,
    session_of,
    terms_of,
)
from jobs.documents.invoice import Figures, Invoice, Line, Party, Tax

__all__ = ["figures_of_ubl", "write_ubl"]

_OASIS = "urn:oasis:names:specification:ubl:schema:xsd"
_FIND: dict[str, str] = {
    "cac": f"{_OASIS}:CommonAggregateComponents-2",
    "cbc": f"{_OASIS}:CommonBasicComponents-2",
}


def write_ubl(invoice: Invoice) -> bytes:
    """Write it."""
    name = "CreditNote" if invoice.is_credit_note else "Invoice"
    namespaces: dict[str | None, str] = {None: f"{_OASIS}:{name}-2"}
    writer = Writer(name, namespaces | dict(_FIND.items()))
    root = writer.root
    writer.text(root, "cbc:CustomizationID", GUIDELINE)
    writer.text(root, "cbc:ID", invoice.number)
    writer.text(root, "cbc:IssueDate", invoice.issued_on)
    if not invoice.is_credit_note:
        writer.text(root, "cbc:DueDate", invoice.due_on)
    writer.text(root, f"cbc:{name}TypeCode", "381" if invoice.is_credit_note else "380")
    # EN 16931's schematron allows one note.
    notes = "\n".join(note for note in (invoice.reason, invoice.note) if note)
    writer.text(root, "cbc:Note", notes or None)
    writer.text(root, "cbc:DocumentCurrencyCode", invoice.currency)
    writer.text(root, "cbc:BuyerReference", invoice.buyer_reference)
    _period(writer, root, invoice.period_from, invoice.period_to)
    if invoice.credited_number is not None:
        reference = writer.group(root, "cac:BillingReference/cac:InvoiceDocumentReference")
        writer.text(reference, "cbc:ID", invoice.credited_number)
        writer.text(reference, "cbc:IssueDate", invoice.credited_issued_on)
    means = means_of(invoice)
    _party(
        writer,
        writer.group(root, "cac:AccountingSupplierParty/cac:Party"),
        invoice.seller.party,
        creditor_id=invoice.seller.creditor_id if means == "59" else None,
        legal=invoice.seller.registration,
        tax_number=invoice.seller.party.tax_number,
    )
    _party(writer, writer.group(root, "cac:AccountingCustomerParty/cac:Party"), invoice.buyer)
    writer.text(root, "cac:Delivery/cbc:ActualDeliveryDate", invoice.delivered_on)
    if means is not None:
        _means(writer, root, invoice, means)
    writer.text(root, "cac:PaymentTerms/cbc:Note", terms_of(invoice))
    _taxes(writer, root, invoice)
    totals = writer.group(root, "cac:LegalMonetaryTotal")
    for total, amount in (
        ("LineExtensionAmount", invoice.excl),
        ("TaxExclusiveAmount", invoice.excl),
        ("TaxInclusiveAmount", invoice.incl),
        ("PrepaidAmount", invoice.paid or None),
        ("PayableAmount", invoice.payable),
    ):
        writer.text(totals, f"cbc:{total}", amount, currencyID=invoice.currency)
    for line in invoice.lines:
        _line(writer, root, invoice, line)
    return writer.bytes()


def figures_of_ubl(xml: bytes) -> Figures:
    """Read back what an e-invoice comes to."""
    root = etree.fromstring(xml)

    def number(parent: etree._Element, path: str) -> Decimal:
        return Decimal(parent.findtext(path, "NaN", _FIND))

    return Figures(
        number(root, "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount"),
        number(root, "cac:TaxTotal/cbc:TaxAmount"),
        number(root, "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount"),
        number(root, "cac:LegalMonetaryTotal/cbc:PayableAmount"),
        frozenset(
            Tax(
                tax.findtext("cac:TaxCategory/cbc:ID", "", _FIND),
                number(tax, "cac:TaxCategory/cbc:Percent"),
                number(tax, "cbc:TaxableAmount"),
                number(tax, "cbc:TaxAmount"),
            )
            for tax in root.findall("cac:TaxTotal/cac:TaxSubtotal", _FIND)
        ),
    )


def _party(
    writer: Writer,
    element: etree._Element,
    party: Party,
    *,
    creditor_id: str | None = None,
    legal: str | None = None,
    tax_number: str | None = None,
) -> None:
    """Write one; what has a default is a seller's: EN 16931 knows none of it of a buyer."""
    writer.text(element, "cbc:EndpointID", party.email, schemeID="EM")
    writer.text(element, "cac:PartyIdentification/cbc:ID", party.number)
    writer.text(element, "cac:PartyIdentification/cbc:ID", creditor_id, schemeID="SEPA")
    address = writer.group(element, "cac:PostalAddress")
    writer.text(address, "cbc:StreetName", party.address_line)
    writer.text(address, "cbc:AdditionalStreetName", party.address_line2)
    writer.text(address, "cbc:CityName", party.city)
    writer.text(address, "cbc:PostalZone", party.postal_code)
    writer.text(address, "cac:Country/cbc:IdentificationCode", party.country_code)
    # A scheme that is not VAT is a tax number (BT-32).
    for scheme, number in (("VAT", party.vat_id), ("FC", tax_number)):
        if number is not None:
            registration = writer.group(element, "cac:PartyTaxScheme")
            writer.text(registration, "cbc:CompanyID", number)
            writer.text(registration, "cac:TaxScheme/cbc:ID", scheme)
    entity = writer.group(element, "cac:PartyLegalEntity")
    writer.text(entity, "cbc:RegistrationName", party.name)
    writer.text(entity, "cbc:CompanyLegalForm", legal)
    if party.contact_name or party.phone or party.email:
        contact = writer.group(element, "cac:Contact")
        writer.text(contact, "cbc:Name", party.contact_name)
        writer.text(contact, "cbc:Telephone", party.phone)
        writer.text(contact, "cbc:ElectronicMail", party.email)


def _means(writer: Writer, root: etree._Element, invoice: Invoice, means: str) -> None:
    element = writer.group(root, "cac:PaymentMeans")
    writer.text(element, "cbc:PaymentMeansCode", means)
    writer.text(element, "cbc:PaymentID", invoice.payment_reference)
    if means in {"30", "58"}:
        account = writer.group(element, "cac:PayeeFinancialAccount")
        writer.text(account, "cbc:ID", invoice.seller.iban)
        writer.text(account, "cbc:Name", invoice.seller.party.name)
        writer.text(account, "cac:FinancialInstitutionBranch/cbc:ID", invoice.seller.bic)
    if means == "59":
        writer.text(element, "cac:PaymentMandate/cbc:ID", invoice.mandate_reference)


def _taxes(writer: Writer, root: etree._Element, invoice: Invoice) -> None:
    element = writer.group(root, "cac:TaxTotal")
    writer.text(element, "cbc:TaxAmount", invoice.vat, currencyID=invoice.currency)
    for tax in invoice.taxes:
        subtotal = writer.group(element, "cac:TaxSubtotal")
        writer.text(subtotal, "cbc:TaxableAmount", tax.excl, currencyID=invoice.currency)
        writer.text(subtotal, "cbc:TaxAmount", tax.vat, currencyID=invoice.currency)
        category = writer.group(subtotal, "cac:TaxCategory")
        writer.text(category, "cbc:ID", tax.category)
        writer.text(category, "cbc:Percent", tax.vat_rate)
        writer.text(category, "cbc:TaxExemptionReasonCode", EXEMPTION_CODES.get(tax.category))
        writer.text(category, "cbc:TaxExemptionReason", exemption_reason_of(invoice, tax.category))
        writer.text(category, "cac:TaxScheme/cbc:ID", "VAT")


def _line(writer: Writer, root: etree._Element, invoice: Invoice, line: Line) -> None:
    kind = "Credit" if invoice.is_credit_note else "Invoice"
    element = writer.group(root, "cac:CreditNoteLine" if kind == "Credit" else "cac:InvoiceLine")
    writer.text(element, "cbc:ID", line.number)
    writer.text(
        element,
        "cbc:CreditedQuantity" if kind == "Credit" else "cbc:InvoicedQuantity",
        line.quantity,
        unitCode=line.unit,
    )
    writer.text(element, "cbc:LineExtensionAmount", line.excl, currencyID=invoice.currency)
    _period(writer, element, line.started_on, line.ended_on)
    item = writer.group(element, "cac:Item")
    writer.text(item, "cbc:Description", session_of(line))
    writer.text(item, "cbc:Name", line.description)
    category = writer.group(item, "cac:ClassifiedTaxCategory")
    writer.text(category, "cbc:ID", line.category)
    writer.text(category, "cbc:Percent", line.vat_rate)
    writer.text(category, "cac:TaxScheme/cbc:ID", "VAT")
    price, base = price_of(line)
    element = writer.group(element, "cac:Price")
    writer.text(element, "cbc:PriceAmount", price, currencyID=invoice.currency)
    writer.text(element, "cbc:BaseQuantity", base, unitCode=line.unit)


def _period(writer: Writer, parent: etree._Element, first: date | None, last: date | None) -> None:
    if first is not None and last is not None:
        period = writer.group(parent, "cac:InvoicePeriod")
        writer.text(period, "cbc:StartDate", first)
        writer.text(period, "cbc:EndDate", last)
