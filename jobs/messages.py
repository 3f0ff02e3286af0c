"""Fills the words of messages with values, written as their language writes them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

__all__ = ["Words", "compose", "format_value"]

_PATHS = {
    "invitation": "reset-password",
    "password_reset": "reset-password",
    "email_verification": "verify-email",
}
"""Pages of the portal that take a token; other links lead to where one signs in."""


@dataclass(frozen=True, slots=True)
class Words:
    """A message as it goes out."""

    subject: str
    body: str


def compose(message: Mapping[str, Any], *, portal_url: str) -> Words:
    """Fill a message of `notify.describe_message`.

    A placeholder is `${name}`; one that has no value stays as it is. Line breaks in values of the
    subject become spaces, or they would begin another header. The link that a message has leads to
    the portal; without a portal it is the bare token, which the API takes as well.
    """
    language = message["language"]
    values = {
        name: format_value(value, language)
        for name, value in message["values"].items()
        if value is not None
    }
    token = values.get("token", "")
    if portal_url:
        path = _PATHS.get(message["template"])
        # Behind the #, so that no server on the way logs it.
        values["link"] = f"{portal_url.rstrip('/')}/" + (
            f"{path}#token={token}" if path and token else "sign-in"
        )
    else:
        values["link"] = token
    subject = string.Template(message["subject"]).safe_substitute(
        {name: " ".join(value.split()) for name, value in values.items()}
    )
    return Words(subject, string.Template(message["body"]).safe_substitute(values))


def format_value(value: Any, language: str) -> str:
    """Write a value of `notify.describe_event` as its language does.

    {"at", "time_zone"} is a moment, {"date"} a day, {"amount", "currency"} money, {"energy_wh"}
    energy, shown in kWh. Everything else is a text already. A language that nobody has described
    writes as English does.
    """
    try:
        locale = Locale.parse(language)
    except UnknownLocaleError:
        locale = Locale("en")
    match value:
        case {"at": str(at), "time_zone": str(zone)}:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return format_datetime(moment, "short", tzinfo=ZoneInfo(zone), locale=locale)
        case {"date": str(day)}:
            return format_date(date.fromisoformat(day), "medium", locale=locale)
        case {"amount": amount, "currency": str(currency)}:
            return format_currency(Decimal(str(amount)), currency, locale=locale)
        case {"energy_wh": energy_wh}:
            kwh = format_decimal(Decimal(str(energy_wh)) / 1000, "#,##0.0##", locale=locale)
            return f"{kwh} kWh"
        case dict():
            return ""
    return str(value)
