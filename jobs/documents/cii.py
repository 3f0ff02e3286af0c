"""The e-invoice within the PDF: UN/CEFACT Cross Industry Invoice as Factur-X has it (EN 16931)."""

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

__all__ = ["figures_of_cii", "write_cii"]

_UN = "urn:un:unece:uncefact:data"
_NAMESPACES: dict[str | None, str] = {
    "rsm": f"{_UN}:standard:CrossIndustryInvoice:100",
    "ram": f"{_UN}:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{_UN}:standard:QualifiedDataType:100",
    "udt": f"{_UN}:standard:UnqualifiedDataType:100",
}
_FIND = {prefix: name for prefix, name in _NAMESPACES.items() if prefix is not None}


def write_cii(invoice: Invoice) -> bytes:
    """Write it. The comments name the business terms of EN 16931."""
    writer = Writer("rsm:CrossIndustryInvoice", _NAMESPACES)
    root = writer.root
    writer.text(
        root,
        "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
        GUIDELINE,
    )
    document = writer.group(root, "rsm:ExchangedDocument")
    writer.text(document, "ram:ID", invoice.number)
    writer.text(document, "ram:TypeCode", "381" if invoice.is_credit_note else "380")
    _date(writer, document, "ram:IssueDateTime", invoice.issued_on)
    for note in (invoice.reason, invoice.note):
        writer.text(document, "ram:IncludedNote/ram:Content", note)
    trade = writer.group(root, "rsm:SupplyChainTradeTransaction")
    for line in invoice.lines:
        _line(writer, trade, line)
    agreement = writer.group(trade, "ram:ApplicableHeaderTradeAgreement")
    writer.text(agreement, "ram:BuyerReference", invoice.buyer_reference)
    _party(
        writer,
        writer.group(agreement, "ram:SellerTradeParty"),
        invoice.seller.party,
        legal=invoice.seller.registration,
        tax_number=invoice.seller.party.tax_number,
    )
    _party(writer, writer.group(agreement, "ram:BuyerTradeParty"), invoice.buyer)
    delivery = writer.group(trade, "ram:ApplicableHeaderTradeDelivery")
    _date(
        writer,
        delivery,
        "ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime",
        invoice.delivered_on,
    )
    _settlement(writer, trade, invoice)
    return writer.bytes()


def figures_of_cii(xml: bytes) -> Figures:
    """Read back what an e-invoice comes to."""
    settlement = etree.fromstring(xml).find(".//ram:ApplicableHeaderTradeSettlement", _FIND)
    assert settlement is not None  # noqa: S101 - ours has it
    totals = "ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"

    def number(parent: etree._Element, path: str) -> Decimal:
        return Decimal(parent.findtext(path, "NaN", _FIND))

    return Figures(
        number(settlement, f"{totals}TaxBasisTotalAmount"),
        number(settlement, f"{totals}TaxTotalAmount"),
        number(settlement, f"{totals}GrandTotalAmount"),
        number(settlement, f"{totals}DuePayableAmount"),
        frozenset(
            Tax(
                tax.findtext("ram:CategoryCode", "", _FIND),
                number(tax, "ram:RateApplicablePercent"),
                number(tax, "ram:BasisAmount"),
                number(tax, "ram:CalculatedAmount"),
            )
            for tax in settlement.findall("ram:ApplicableTradeTax", _FIND)
        ),
    )


def _line(writer: Writer, trade: etree._Element, line: Line) -> None:
    item = writer.group(trade, "ram:IncludedSupplyChainTradeLineItem")
    writer.text(item, "ram:AssociatedDocumentLineDocument/ram:LineID", line.number)
    product = writer.group(item, "ram:SpecifiedTradeProduct")
    writer.text(product, "ram:Name", line.description)
    writer.text(product, "ram:Description", session_of(line))
    price, base = price_of(line)
    net = writer.group(item, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice")
    writer.text(net, "ram:ChargeAmount", price)
    writer.text(net, "ram:BasisQuantity", base, unitCode=line.unit)
    writer.text(
        item,
        "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
        line.quantity,
        unitCode=line.unit,
    )
    settlement = writer.group(item, "ram:SpecifiedLineTradeSettlement")
    tax = writer.group(settlement, "ram:ApplicableTradeTax")
    writer.text(tax, "ram:TypeCode", "VAT")
    writer.text(tax, "ram:CategoryCode", line.category)
    writer.text(tax, "ram:RateApplicablePercent", line.vat_rate)
    _period(writer, settlement, line.started_on, line.ended_on)
    writer.text(
        settlement,
        "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
        line.excl,
    )


def _party(
    writer: Writer,
    element: etree._Element,
    party: Party,
    *,
    legal: str | None = None,
    tax_number: str | None = None,
) -> None:
    """Write one; the last two are a seller's: EN 16931 knows neither of a buyer."""
    writer.text(element, "ram:ID", party.number)
    writer.text(element, "ram:Name", party.name)
    writer.text(element, "ram:Description", legal)
    if party.contact_name or party.phone or party.email:
        contact = writer.group(element, "ram:DefinedTradeContact")
        writer.text(contact, "ram:PersonName", party.contact_name)
        writer.text(contact, "ram:TelephoneUniversalCommunication/ram:CompleteNumber", party.phone)
        writer.text(contact, "ram:EmailURIUniversalCommunication/ram:URIID", party.email)
    address = writer.group(element, "ram:PostalTradeAddress")
    writer.text(address, "ram:PostcodeCode", party.postal_code)
    writer.text(address, "ram:LineOne", party.address_line)
    writer.text(address, "ram:LineTwo", party.address_line2)
    writer.text(address, "ram:CityName", party.city)
    writer.text(address, "ram:CountryID", party.country_code)
    writer.text(element, "ram:URIUniversalCommunication/ram:URIID", party.email, schemeID="EM")
    for scheme, number in (("FC", tax_number), ("VA", party.vat_id)):
        writer.text(element, "ram:SpecifiedTaxRegistration/ram:ID", number, schemeID=scheme)


def _settlement(writer: Writer, trade: etree._Element, invoice: Invoice) -> None:
    settlement = writer.group(trade, "ram:ApplicableHeaderTradeSettlement")
    means = means_of(invoice)
    if means == "59":
        writer.text(settlement, "ram:CreditorReferenceID", invoice.seller.creditor_id)
    writer.text(settlement, "ram:PaymentReference", invoice.payment_reference)
    writer.text(settlement, "ram:InvoiceCurrencyCode", invoice.currency)
    if means is not None:
        element = writer.group(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
        writer.text(element, "ram:TypeCode", means)
        if means in {"30", "58"}:
            account = writer.group(element, "ram:PayeePartyCreditorFinancialAccount")
            writer.text(account, "ram:IBANID", invoice.seller.iban)
            writer.text(account, "ram:AccountName", invoice.seller.party.name)
            writer.text(
                element,
                "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID",
                invoice.seller.bic,
            )
    for tax in invoice.taxes:
        element = writer.group(settlement, "ram:ApplicableTradeTax")
        writer.text(element, "ram:CalculatedAmount", tax.vat)
        writer.text(element, "ram:TypeCode", "VAT")
        writer.text(element, "ram:ExemptionReason", exemption_reason_of(invoice, tax.category))
        writer.text(element, "ram:BasisAmount", tax.excl)
        writer.text(element, "ram:CategoryCode", tax.category)
        writer.text(element, "ram:ExemptionReasonCode", EXEMPTION_CODES.get(tax.category))
        writer.text(element, "ram:RateApplicablePercent", tax.vat_rate)
    _period(writer, settlement, invoice.period_from, invoice.period_to)
    terms = writer.group(settlement, "ram:SpecifiedTradePaymentTerms")
    writer.text(terms, "ram:Description", terms_of(invoice))
    if not invoice.is_credit_note:
        _date(writer, terms, "ram:DueDateDateTime", invoice.due_on)
    if means == "59":
        writer.text(terms, "ram:DirectDebitMandateID", invoice.mandate_reference)
    if len(terms) == 0:
        settlement.remove(terms)
    totals = writer.group(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    writer.text(totals, "ram:LineTotalAmount", invoice.excl)
    writer.text(totals, "ram:TaxBasisTotalAmount", invoice.excl)
    writer.text(totals, "ram:TaxTotalAmount", invoice.vat, currencyID=invoice.currency)
    writer.text(totals, "ram:GrandTotalAmount", invoice.incl)
    writer.text(totals, "ram:TotalPrepaidAmount", invoice.paid or None)
    writer.text(totals, "ram:DuePayableAmount", invoice.payable)
    if invoice.credited_number is not None and invoice.credited_issued_on is not None:
        credited = writer.group(settlement, "ram:InvoiceReferencedDocument")
        writer.text(credited, "ram:IssuerAssignedID", invoice.credited_number)
        writer.text(
            credited,
            "ram:FormattedIssueDateTime/qdt:DateTimeString",
            invoice.credited_issued_on.strftime("%Y%m%d"),
            format="102",
        )


def _period(writer: Writer, parent: etree._Element, first: date | None, last: date | None) -> None:
    if first is not None and last is not None:
        period = writer.group(parent, "ram:BillingSpecifiedPeriod")
        _date(writer, period, "ram:StartDateTime", first)
        _date(writer, period, "ram:EndDateTime", last)


def _date(writer: Writer, parent: etree._Element, path: str, day: date) -> None:
    # 102 is YYYYMMDD in UNTDID 2379.
    writer.text(parent, f"{path}/udt:DateTimeString", day.strftime("%Y%m%d"), format="102")
