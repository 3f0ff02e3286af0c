"""Reads MT940 (SWIFT customer statement), as German, Dutch and other banks write it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import mt940

from jobs.bank.statement import Line, Statement, clean
from jobs.exceptions import StatementError

__all__ = ["read_swift"]

# The library reads as far as it can and takes `1.000,00` for 1: what it may not misread is checked
# before.
_BALANCE = re.compile(r":6[02][FM]:[CD]\d{6}[A-Z]{3}\d{1,12},\d{0,3}")
_ENTRY = re.compile(r":61:\d{6}(\d{4}|\s{4})?R?[CD][A-Z]?\d{1,12},\d{0,3}[A-Z][A-Z0-9]{3}.*")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_GERMAN_ACCOUNT = re.compile(r"(\d{8})/(\d{1,10})")
_SUBFIELD = re.compile(r"\?(\d\d)")
_GERMAN_WORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+")
_DUTCH_WORD = re.compile(
    r"/(TRTP|EREF|PREF|MARF|CSID|IBAN|BIC|NAME|ORDP|BENM|ADDR|REMI|USTD|STRD|RTRN|ID|SVCL|CNTP)/"
)
_RETURN_REASON = re.compile(r"\b(AC|AG|AM|BE|CN|DT|ED|FF|MD|MS|RC|RR|SL)\d{2}\b")
"""Why a payment was returned (ISO 20022), such as AM04."""
_NOTHING = frozenset({"", "NONREF", "NOTPROVIDED"})


def read_swift(content: bytes) -> list[Statement]:
    """The statements of a file, in its order: one each message. Raises StatementError."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    # {1:...}{2:...}{4: stands before a message and -} behind it when it comes as SWIFT sent it.
    text = re.sub(r"^\{[^\n]*\{4:\n", "", text, flags=re.MULTILINE)
    starts = [match.start() for match in re.finditer(r"^:20:", text, re.MULTILINE)]
    if not starts:
        raise StatementError("the file holds no statement: no field 20")
    ends = [*starts[1:], len(text)]
    return [_statement(text[start:end]) for start, end in zip(starts, ends, strict=True)]


def _statement(text: str) -> Statement:
    text = re.split(r"^-\}?\s*$", text, maxsplit=1, flags=re.MULTILINE)[0]
    fields = [line for line in text.split("\n") if line.startswith((":60", ":61:", ":62"))]
    for line in fields:
        pattern = _ENTRY if line.startswith(":61:") else _BALANCE
        if not pattern.fullmatch(line.rstrip()):
            raise StatementError(f"a field cannot be read: {line[:60]!r}")
    opening = [line for line in fields if line.startswith(":60")]
    closing = [line for line in fields if line.startswith(":62")]
    if len(opening) != 1 or len(closing) != 1:
        raise StatementError("a statement has no opening or no closing balance: it is cut off")
    try:
        parsed = mt940.parse(
            text,
            processors={"post_transaction_details": []},
        )
    # What the library meets on its way is not told apart by it.
    except (RuntimeError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        raise StatementError(f"the statement cannot be read: {error}") from error
    entries = [line for line in fields if line.startswith(":61:")]
    if len(parsed) != len(entries):
        raise StatementError(f"{len(entries)} entries are there, {len(parsed)} can be read")
    first, last = _balance(parsed.data, "opening"), _balance(parsed.data, "closing")
    if first.amount.currency != last.amount.currency:
        raise StatementError("the currencies of the balances differ", "currency_unknown")
    data = parsed.data
    number = "/".join(
        str(data[key]) for key in ("statement_number", "sequence_number") if data.get(key)
    )
    return Statement(
        reference=clean(f"{data.get('transaction_reference') or ''} {number}") or "",
        iban=_account(str(data.get("account_identification") or "")),
        currency=str(first.amount.currency),
        opened_on=first.date,
        closed_on=last.date,
        opening=_decimal(first.amount.amount),
        closing=_decimal(last.amount.amount),
        lines=tuple(_line(transaction.data) for transaction in parsed),
    )


def _balance(data: dict[str, Any], which: str) -> Any:
    return data.get(f"final_{which}_balance") or data[f"intermediate_{which}_balance"]


def _decimal(amount: Decimal) -> Decimal:
    """Without the exponents of which Decimal's own texts may be made."""
    return Decimal(format(amount, "f"))


def _account(text: str) -> str:
    """The IBAN of field 25, which German banks may give as bank code and account number."""
    squeezed = text.upper().replace(" ", "")
    if german := _GERMAN_ACCOUNT.match(squeezed):
        number = german[1] + german[2].zfill(10)
        # ISO 7064, mod 97-10, with DE as 1314.
        return f"DE{98 - int(number + '131400') % 97:02d}{number}"
    found = _IBAN.match(squeezed)
    if found is None:
        raise StatementError(f"the account has no IBAN: {text[:40]!r}")
    # The currency may stand behind it; its letters alone would make the IBAN too long.
    return re.sub(r"(?<=\d)[A-Z]{3}$", "", found[0])


def _line(data: dict[str, Any]) -> Line:
    amount = _decimal(abs(data["amount"].amount))
    # C and RD (a debit taken back) come in; D and RC go out.
    sign = 1 if str(data["status"]).upper() in {"C", "RD"} else -1
    details = str(data.get("transaction_details") or "")
    facts = _german(details) if re.match(r"\d{3}\?", details) else _plain(details)
    reference = str(data.get("customer_reference") or "")
    return Line(
        booked_on=data.get("entry_date") or data["date"],
        amount=amount * sign,
        value_on=data["date"],
        counterparty_name=clean(facts.get("name")),
        counterparty_iban=clean(facts.get("iban")),
        end_to_end_id=_said(facts.get("e2e")) or _said(reference),
        mandate_reference=_said(facts.get("mandate")),
        batch_reference=_said(facts.get("batch")),
        bank_reference=_said(str(data.get("bank_reference") or "")),
        bank_code=_said("".join((str(data.get("id") or ""), facts.get("code", "")))),
        return_reason=_said(facts.get("return")),
        remittance=clean(facts.get("text")),
    )


def _said(text: str | None) -> str | None:
    cleaned = clean(text)
    return None if cleaned is None or cleaned.upper() in _NOTHING else cleaned


def _german(details: str) -> dict[str, str]:
    """Field 86 in subfields ?00 to ?63: 20 to 29 and 60 to 63 the text, 31 account, 32 and 33 name.

    Words such as EREF+ divide the text, which is cut anywhere.
    """
    parts = _SUBFIELD.split(details.replace("\n", ""))
    found: dict[str, str] = {"code": parts[0][:3]}
    text = ""
    for number, value in zip(parts[1::2], parts[2::2], strict=True):
        if "20" <= number <= "29" or "60" <= number <= "63":
            # A word starts a subfield of its own; the rest goes on where it was cut.
            text += (" " if _GERMAN_WORD.match(value) else "") + value
        elif number == "31":
            found["iban"] = value
        elif number in {"32", "33"}:
            found["name"] = found.get("name", "") + value
    words = _GERMAN_WORD.split(text)
    said = dict(zip(words[1::2], words[2::2], strict=True))
    found["text"] = said.get("SVWZ", words[0])
    for name, word in (("e2e", "EREF"), ("mandate", "MREF"), ("batch", "KREF"), ("iban", "IBAN")):
        if word in said:
            found[name] = said[word]
    if reason := _RETURN_REASON.search(found["text"]):
        found["return"] = reason[0]
    return found


def _plain(details: str) -> dict[str, str]:
    """Field 86 in words between slashes (/EREF/..., /REMI/...), or a text as it is."""
    text = details.replace("\n", "")
    words = _DUTCH_WORD.split(text)
    if len(words) < 3:
        return {"text": details.replace("\n", " ")}
    said = {word: value.strip("/ ") for word, value in zip(words[1::2], words[2::2], strict=True)}
    return {
        name: said[word]
        for name, word in (
            ("e2e", "EREF"),
            ("mandate", "MARF"),
            ("batch", "PREF"),
            ("iban", "IBAN"),
            ("name", "NAME"),
            ("return", "RTRN"),
            ("text", "REMI"),
            ("text", "USTD"),
            ("text", "STRD"),
        )
        if said.get(word)
    }
