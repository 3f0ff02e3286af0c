"""Words and numbers of the paper invoice in the customer's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

__all__ = ["LANGUAGES", "Words", "words_of"]

_CATALOGUE: dict[str, tuple[str, str, str, str]] = {
    # key: English, German, French, Dutch
    "invoice": ("Invoice", "Rechnung", "Facture", "Factuur"),
    # In Germany a "Gutschrift" is an invoice that the buyer writes.
    "credit_note": ("Credit note", "Rechnungskorrektur", "Avoir", "Creditnota"),
    "number": ("Number", "Nummer", "Numéro", "Nummer"),
    "date": ("Date", "Datum", "Date", "Datum"),
    "due": ("Due on", "Fällig am", "Échéance", "Vervaldatum"),
    "customer": ("Customer", "Kunde", "Client", "Klant"),
    "account": ("Account", "Konto", "Compte", "Account"),
    "period": ("Period", "Zeitraum", "Période", "Periode"),
    "your_reference": ("Your reference", "Ihr Zeichen", "Votre référence", "Uw referentie"),
    "your_vat_id": ("Your VAT id", "Ihre USt-IdNr.", "Votre n° TVA", "Uw btw-nummer"),
    "delivered": ("Date of supply", "Leistungsdatum", "Date de prestation", "Leverdatum"),
    "credits": (
        "Takes back from invoice {number} of {date}: {reason}",
        "Berichtigt die Rechnung {number} vom {date}: {reason}",
        "Annule sur la facture {number} du {date} : {reason}",
        "Corrigeert factuur {number} van {date}: {reason}",
    ),
    "position": ("No.", "Pos.", "N°", "Nr."),
    "service": ("Service", "Leistung", "Prestation", "Dienst"),
    "quantity": ("Quantity", "Menge", "Quantité", "Aantal"),
    "vat": ("VAT", "USt.", "TVA", "Btw"),
    "excl": ("Excl. VAT", "Netto", "HT", "Excl. btw"),
    "incl": ("Incl. VAT", "Brutto", "TTC", "Incl. btw"),
    "total_excl": ("Total excl. VAT", "Summe netto", "Total HT", "Totaal excl. btw"),
    "vat_on": (
        "{rate} VAT on {amount}",
        "{rate} USt. auf {amount}",
        "TVA {rate} sur {amount}",
        "{rate} btw over {amount}",
    ),
    "total": ("Total", "Gesamtbetrag", "Total TTC", "Totaal"),
    "credited": ("Credited", "Gutgeschrieben", "Montant de l'avoir", "Gecrediteerd"),
    "paid": ("Paid already", "Bereits bezahlt", "Déjà payé", "Reeds betaald"),
    "payable": ("To be paid", "Zu zahlen", "À payer", "Te betalen"),
    "pay_transfer": (
        "Please transfer {amount} by {date}, with the reference {reference}.",
        "Bitte überweisen Sie {amount} bis zum {date} mit dem Verwendungszweck {reference}.",
        "Merci de virer {amount} avant le {date}, avec la référence {reference}.",
        "Gelieve {amount} vóór {date} over te maken met referentie {reference}.",
    ),
    "pay_debit": (
        "We collect {amount} from your bank account on or after {date}: {mandate}, {creditor}.",
        "Wir ziehen {amount} frühestens am {date} von Ihrem Bankkonto ein: {mandate}, {creditor}.",
        "Nous prélèverons {amount} sur votre compte à partir du {date} : {mandate}, {creditor}.",
        "Wij incasseren {amount} op of na {date} van uw rekening: {mandate}, {creditor}.",
    ),
    "mandate": ("mandate", "Mandat", "mandat", "machtiging"),
    "creditor": (
        "creditor identifier",
        "Gläubiger-Identifikationsnummer",
        "identifiant créancier",
        "incassant-id",
    ),
    "pay_card": (
        "We charge {amount} to your card.",
        "Wir belasten Ihre Karte mit {amount}.",
        "Nous débitons {amount} de votre carte.",
        "Wij schrijven {amount} af van uw kaart.",
    ),
    "pay_wallet": (
        "This was taken from your prepaid balance.",
        "Der Betrag wurde Ihrem Guthaben entnommen.",
        "Ce montant a été prélevé sur votre solde prépayé.",
        "Dit bedrag is van uw tegoed afgehouden.",
    ),
    "pay_settled": (
        "This is settled by your credit.",
        "Der Betrag ist durch Ihr Guthaben beglichen.",
        "Ce montant est réglé par votre avoir.",
        "Dit bedrag is met uw tegoed voldaan.",
    ),
    "pay_nothing": (
        "There is nothing to pay.",
        "Es ist nichts zu zahlen.",
        "Il n'y a rien à payer.",
        "Er hoeft niets betaald te worden.",
    ),
    "pay_credit": (
        "{amount} is set against what is open, or stays to your credit.",
        "{amount} werden mit offenen Beträgen verrechnet oder bleiben Ihr Guthaben.",
        "{amount} sont imputés sur les montants dus ou restent à votre crédit.",
        "{amount} wordt verrekend met openstaande bedragen of blijft uw tegoed.",
    ),
    "reference": ("Reference", "Verwendungszweck", "Référence", "Referentie"),
    "scan": (
        "Scan to pay",
        "Scannen und zahlen",
        "Scanner pour payer",
        "Scan om te betalen",
    ),
    "reverse_charge": (
        "Reverse charge: the customer owes the VAT.",
        "Steuerschuldnerschaft des Leistungsempfängers.",
        "Autoliquidation : la TVA est due par le client.",
        "Btw verlegd naar de afnemer.",
    ),
    "page": (
        "Page {page} of {pages}",
        "Seite {page} von {pages}",
        "Page {page} sur {pages}",
        "Pagina {page} van {pages}",
    ),
    "vat_id": ("VAT id", "USt-IdNr.", "N° TVA", "Btw-nummer"),
    "tax_number": ("Tax number", "Steuernummer", "N° fiscal", "Fiscaal nummer"),
    "e_invoice": (
        "This PDF contains the invoice as data (factur-x.xml, EN 16931).",
        "Dieses PDF enthält die Rechnung als Daten (factur-x.xml, EN 16931).",
        "Ce PDF contient la facture sous forme de données (factur-x.xml, EN 16931).",
        "Deze pdf bevat de factuur als gegevens (factur-x.xml, EN 16931).",
    ),
}

LANGUAGES = ("en", "de", "fr", "nl")
"""Those that there are words of; others read English."""

_UNITS = {"C62": "", "KWH": "kWh", "MIN": "min", "HUR": "h", "SEC": "s", "DAY": "d"}
"""Codes of UN/ECE recommendation 20 and what is printed for them."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language and the ways of one place to write numbers and dates."""

    language: str
    locale: Locale

    def __getitem__(self, key: str) -> str:
        return _CATALOGUE[key][LANGUAGES.index(self.language)]

    def date(self, day: date) -> str:
        """A day in figures."""
        return str(format_date(day, format="medium", locale=self.locale))

    def moment(self, begin: datetime, end: datetime | None) -> str:
        """A day with the times of begin and end; of the end with its day when it is another."""
        text = f"{self.date(begin)} {self._time(begin)}"
        if end is None:
            return text
        day = "" if end.date() == begin.date() else f"{self.date(end)} "
        return f"{text} \u2013 {day}{self._time(end)}"

    def money(self, amount: Decimal, currency: str, decimals: int) -> str:
        """An amount with its currency."""
        # The currency's decimals are SQL's to say, not babel's.
        pattern = self.locale.currency_formats["standard"].pattern
        digits = "." + "0" * decimals if decimals else ""
        return str(
            format_currency(
                amount,
                currency,
                pattern.replace(".00", digits),
                locale=self.locale,
                currency_digits=False,
            )
        )

    def amount(self, amount: Decimal, decimals: int) -> str:
        """An amount without its currency."""
        digits = "." + "0" * decimals if decimals else ""
        return str(format_decimal(amount, f"#,##0{digits}", locale=self.locale))

    def percent(self, rate: Decimal) -> str:
        """A rate in percent."""
        return f"{format_decimal(rate, '#,##0.##', locale=self.locale)}\u202f%"

    def quantity(self, quantity: Decimal, unit: str) -> str:
        """A quantity with its unit; three decimals at most."""
        number = str(format_decimal(quantity, "#,##0.###", locale=self.locale))
        return f"{number} {_UNITS.get(unit, unit)}".strip()

    def country(self, code: str) -> str:
        """Its name."""
        return str(self.locale.territories.get(code, code))

    def _time(self, moment: datetime) -> str:
        return str(format_time(moment, format="short", locale=self.locale))


def words_of(language: str, country_code: str) -> Words:
    """Words for a language tag, with numbers and dates as its region or the country writes them.

    English is nobody's own here, so its numbers are those that English readers expect.
    """
    known, _, region = language.partition("-")
    if known not in LANGUAGES:
        known, region = "en", ""
    for place in (region, "GB" if known == "en" else country_code):
        try:
            return Words(known, Locale.parse(f"{known}_{place}"))
        except (UnknownLocaleError, ValueError):
            continue
    return Words(known, Locale.parse(known))
