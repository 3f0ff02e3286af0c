"""What an account statement says, whatever format it came in."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

__all__ = ["Line", "Statement", "clean", "parse_amount", "parse_day"]

from jobs.exceptions import StatementError

_AMOUNT = re.compile(r"\d{1,14}(\.\d{1,5})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One booking; `amount` is above zero for what came in. None for what the bank did not say."""

    booked_on: date
    amount: Decimal
    value_on: date | None = None
    counterparty_name: str | None = None
    counterparty_iban: str | None = None
    end_to_end_id: str | None = None
    mandate_reference: str | None = None
    creditor_reference: str | None = None
    batch_reference: str | None = None
    bank_reference: str | None = None
    bank_code: str | None = None
    return_reason: str | None = None
    charges: Decimal | None = None
    remittance: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over some days: `opening` and the lines come to `closing`, or it is wrong."""

    reference: str
    iban: str
    currency: str
    opened_on: date
    closed_on: date
    opening: Decimal
    closing: Decimal
    lines: tuple[Line, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The shape that billing.book_bank_statement takes: days and amounts are texts."""
        return {key: _json(value) for key, value in asdict(self).items()}


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return str(value) if isinstance(value, date | Decimal) else value


def clean(text: str | None) -> str | None:
    """A text in one line without control characters; None when nothing is left of it."""
    if text is None:
        return None
    return _CONTROL.sub(" ", text).strip() or None


def parse_amount(text: str | None) -> Decimal:
    """An amount without sign, with a point. Raises StatementError."""
    if text is None or not _AMOUNT.fullmatch(text.strip()):
        raise StatementError(f"no amount: {(text or '')[:40]!r}")
    return Decimal(text.strip())


def parse_day(text: str | None) -> date:
    """The day of an ISO 8601 date or moment, as it is written. Raises StatementError."""
    try:
        return date.fromisoformat((text or "").strip()[:10])
    except ValueError as error:
        raise StatementError(f"no date: {(text or '')[:40]!r}") from error
