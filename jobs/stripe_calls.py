"""What is called at Stripe, and what the answers mean; see `jobs.cards`.

Stripe's own library makes the calls, and makes none of them again by itself. It is large, so this
is imported when the first call is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import stripe
from urllib3.exceptions import NewConnectionError

from jobs.outbox import Outcome, Task

__all__ = ["ask", "deliver"]

_TIMEOUT_S = 30.0
_MOST_LISTED = 2000
_EXPANDED = ["latest_charge.balance_transaction"]


def deliver(kind: str, base_url: str | None, task: Task, *, is_question: bool) -> Outcome:
    """Make a call; a question changes nothing there."""
    call: Callable[[stripe.StripeClient, Task], stripe.StripeObject] = {
        "card_payment": _charge if task.payload.get("card") else _open_checkout,
        "card_refund": _refund,
        "card_check": _check,
        "card_balance": lambda client, _: client.v1.balance.retrieve(),
    }[kind]
    try:
        answer = call(_client(base_url, task), task)
    except stripe.StripeError as error:
        return _judge(error, is_question=is_question)
    result = answer.to_dict()
    if kind == "card_check" and _lacks_fee(result):
        return Outcome("retry", "its fee is not known yet")
    if kind == "card_balance":
        result = {name: result.get(name, []) for name in ("available", "pending")}
    return Outcome("delivered", str(result.get("id", "")), 200, result=result)


def ask(kind: str, base_url: str | None, task: Task) -> Outcome:
    """Look for what a call would have made."""
    client = _client(base_url, task)
    try:
        for number, entry in enumerate(_list_made(client, kind, task)):
            if number == _MOST_LISTED:
                # It may be further back: that it was not found says nothing.
                return Outcome("unknown", f"not among the newest {_MOST_LISTED}")
            found = entry.to_dict()
            if (found.get("metadata") or {}).get("voltaro_key") == task.key:
                # As a list has it, nothing is expanded: a fee is asked for afterwards.
                return Outcome("delivered", f"found {entry.id}", 200, result=found)
    except stripe.StripeError as error:
        judged = _judge(error, is_question=True)
        # To a question whether it was made, not even a refusal says that it was not.
        return Outcome("unknown", judged.detail, judged.code)
    return Outcome("retry", "the provider has never had it")


def _client(base_url: str | None, task: Task) -> stripe.StripeClient:
    return stripe.StripeClient(
        str(task.payload["api_key"]),
        base_addresses={"api": base_url} if base_url else {},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=_TIMEOUT_S),
    )


def _metadata(task: Task) -> dict[str, str]:
    return {"voltaro_payment": str(task.payload["payment_id"]), "voltaro_key": task.key}


def _charge(client: stripe.StripeClient, task: Task) -> stripe.StripeObject:
    """Charge the card on file, without the customer."""
    wanted = task.payload
    return client.v1.payment_intents.create(
        params={
            "amount": wanted["amount"],
            "currency": wanted["currency"],
            "customer": wanted["customer"],
            "payment_method": wanted["card"],
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            "off_session": True,
            "description": wanted["description"],
            "metadata": _metadata(task),
            "expand": _EXPANDED,
        },
        options={"idempotency_key": task.key},
    )


def _open_checkout(client: stripe.StripeClient, task: Task) -> stripe.StripeObject:
    """Have a page made on which the customer pays."""
    wanted = task.payload
    intent: dict[str, Any] = {"metadata": _metadata(task), "description": wanted["description"]}
    if wanted.get("saves_card"):
        intent["setup_future_usage"] = "off_session"
    params: dict[str, Any] = {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": wanted["currency"],
                    "unit_amount": wanted["amount"],
                    "product_data": {"name": wanted["description"]},
                },
            }
        ],
        "success_url": wanted["return_url"],
        "cancel_url": wanted["return_url"],
        "customer_email": wanted["email"],
        "customer_creation": "always" if wanted.get("saves_card") else "if_required",
        "expires_at": wanted["expires_at"],
        "metadata": _metadata(task),
        "payment_intent_data": intent,
    }
    return client.v1.checkout.sessions.create(
        params=params,  # type: ignore[arg-type]  # the same parameters, not as literals
        options={"idempotency_key": task.key},
    )


def _refund(client: stripe.StripeClient, task: Task) -> stripe.StripeObject:
    """Give a payment back, or a part of it."""
    return client.v1.refunds.create(
        params={
            "payment_intent": task.payload["refunded_provider_payment_id"],
            "amount": task.payload["amount"],
            "metadata": _metadata(task),
        },
        options={"idempotency_key": task.key},
    )


def _check(client: stripe.StripeClient, task: Task) -> stripe.StripeObject:
    """Ask how a payment or refund stands."""
    known = task.payload
    if known["direction"] == "out":
        return client.v1.refunds.retrieve(known["provider_payment_id"])
    if known["provider_payment_id"]:
        return client.v1.payment_intents.retrieve(
            known["provider_payment_id"], params={"expand": _EXPANDED}
        )
    return client.v1.checkout.sessions.retrieve(
        known["checkout_id"],
        params={"expand": [f"payment_intent.{name}" for name in _EXPANDED]},
    )


def _list_made(client: stripe.StripeClient, kind: str, task: Task) -> Iterator[Any]:
    """What was made since the payment was asked for, the newest first."""
    known = task.payload
    if kind == "card_refund":
        return client.v1.refunds.list(
            params={"payment_intent": known["refunded_provider_payment_id"], "limit": 100}
        ).auto_paging_iter()
    # A clock at the other side may be a little behind.
    since = int(known["asked_at"]) - 300
    if known.get("card"):
        return client.v1.payment_intents.list(
            params={"customer": known["customer"], "created": {"gte": since}, "limit": 100}
        ).auto_paging_iter()
    return client.v1.checkout.sessions.list(
        params={"created": {"gte": since}, "limit": 100}
    ).auto_paging_iter()


def _lacks_fee(answer: Mapping[str, Any]) -> bool:
    """Whether a payment went through whose fee the provider has not written down yet."""
    intent = answer
    if answer.get("object") == "checkout.session":
        intent = answer.get("payment_intent") or {}
    charge = intent.get("latest_charge")
    return (
        intent.get("object") == "payment_intent"
        and intent.get("status") == "succeeded"
        and isinstance(charge, Mapping)
        and charge.get("balance_transaction") is None
    )


def _judge(error: stripe.StripeError, *, is_question: bool) -> Outcome:
    """What an error says of whether the call was made."""
    detail = f"{type(error).__name__}: {error.user_message or error}"[:2000]
    code = error.http_status
    if isinstance(error, stripe.CardError):
        # An answer: the card was refused, and nothing was taken.
        intent = getattr(error.error, "payment_intent", None)
        result = (
            intent.to_dict()
            if isinstance(intent, stripe.StripeObject)
            else {"object": "decline", "message": error.user_message or "the card was refused"}
        )
        return Outcome("delivered", detail, code, result=result)
    if isinstance(error, stripe.RateLimitError) or code in (401, 403):
        # Refused before anything was done; a key can be put right.
        return Outcome("retry", detail, code)
    if isinstance(error, stripe.APIConnectionError) and _was_not_connected(error):
        return Outcome("retry", "the provider cannot be reached")
    if code is not None and 400 <= code < 500 and code != 409:
        return Outcome("dead", detail, code)
    # Nobody answered, or with a failure of their own, or the same call is still under way.
    return Outcome("retry" if is_question else "unknown", detail, code)


def _was_not_connected(error: stripe.APIConnectionError) -> bool:
    cause: Any = error.__cause__
    reason = getattr(cause.args[0], "reason", None) if cause and cause.args else None
    return isinstance(reason, NewConnectionError)
