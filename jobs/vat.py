"""Asks VIES, the register of VAT ids of the European Union, whether one was given to somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from jobs.exceptions import JobsError
from jobs.outbox import Outcome, Task

__all__ = ["VatDeliverer", "vat_deliverer_of"]

_TIMEOUT_S = 30.0
"""The register asks the authority of the country, which may take its time."""
_SHOWN = 500


class VatDeliverer:
    """The kind `vat_check` of the outbox.

    Asking changes nothing, so whatever is no answer is tried again. An answer is yes or no; that
    the authority of the country is away is none, and never makes a VAT id invalid.

    Source: VIES REST API, `POST check-vat-number`.
    """

    kind = "vat_check"
    threads = 1
    can_ask = False

    def __init__(self, base_url: str) -> None:
        self._url = base_url.rstrip("/") + "/check-vat-number"

    def deliver(self, task: Task) -> Outcome:
        """Ask for one VAT id."""
        question = {"countryCode": task.payload["country"], "vatNumber": task.payload["number"]}
        if task.payload.get("requester_number"):
            question["requesterMemberStateCode"] = task.payload["requester_country"]
            question["requesterNumber"] = task.payload["requester_number"]
        try:
            reply = httpx.post(self._url, json=question, timeout=_TIMEOUT_S)
        except httpx.HTTPError as error:
            return Outcome("retry", f"no reply: {type(error).__name__}: {error}")
        try:
            answer = reply.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            return Outcome("retry", f"no answer: {reply.text[:_SHOWN]}", reply.status_code)
        return _judge(answer, reply.status_code)

    def ask(self, task: Task) -> Outcome:
        """Nothing is ever unknown, so `can_ask` is false: a question may be asked again."""
        return Outcome("retry", f"nobody can be asked about {task.key}")


def _judge(answer: Mapping[str, Any], code: int) -> Outcome:
    problems = [
        str(wrapper.get("error"))
        for wrapper in answer.get("errorWrappers") or []
        if isinstance(wrapper, Mapping)
    ]
    # An older form of the same: beside valid = false it says that nobody has looked.
    said = answer.get("userError")
    if isinstance(said, str) and said not in {"VALID", "INVALID", ""}:
        problems.append(said)
    if problems == ["INVALID_INPUT"]:
        return Outcome(
            "delivered", "no VAT id can look like this", code, result={"is_valid": False}
        )
    if problems or not isinstance(answer.get("valid"), bool):
        return Outcome("retry", f"no answer: {', '.join(problems)[:_SHOWN] or 'nothing'}", code)
    is_valid = bool(answer["valid"])
    return Outcome(
        "delivered",
        "valid" if is_valid else "invalid",
        code,
        result={
            "is_valid": is_valid,
            "consultation_number": answer.get("requestIdentifier") or None,
            "requested_on": answer.get("requestDate"),
            "name": answer.get("name"),
            "address": answer.get("address"),
        },
    )


def vat_deliverer_of(environment: Mapping[str, str]) -> VatDeliverer | None:
    """Make the deliverer for VOLTARO_VIES_URL; none without it, and VAT ids stay unchecked."""
    url = environment.get("VOLTARO_VIES_URL", "")
    if not url:
        return None
    if not url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise JobsError("VOLTARO_VIES_URL is an https:// address")
    return VatDeliverer(url)
