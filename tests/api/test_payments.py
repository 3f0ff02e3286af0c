"""Payments as customers, staff and a card provider see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.people import People
from tests.support.stripe_server import sign

_SECRET = "whsec_of-these-tests-1"


def event(number: int, **more: Any) -> str:
    """An event as Stripe writes it: pretty-printed, and not only in ASCII."""
    entry = {"object": "payment_intent", "description": "Überweisung \u20ac", **more}
    named = {"id": f"evt_api_{number}", "object": "event", "type": "payment_intent.created"}
    return json.dumps(named | {"data": {"object": entry}}, indent=2, ensure_ascii=False)


def tell(people: People, body: str, signature: str | None) -> httpx.Response:
    """Send an event as Stripe does."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if signature is not None:
        headers["Stripe-Signature"] = signature
    return people.anonymous.post("/rpc/payment_webhook", content=body.encode(), headers=headers)


@pytest.fixture(scope="module", autouse=True)
def secret_of_webhook(people: People) -> None:
    """No underscore: the twin in tests/supabase imports the public names."""
    answer = people["greenway.admin"].post(
        "/rpc/set_payment_provider_secrets",
        json={"payment_provider": 1001, "webhook_secret": _SECRET},
    )
    assert answer.status_code == 204, answer.text


def test_an_event_is_taken_by_its_bytes(people: People) -> None:
    """Signed over the body as it came, whatever its spaces; kept once, for its tenant only."""
    body = event(1)
    for _ in range(2):
        answer = tell(people, body, sign(body, _SECRET))
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    kept = "/payment_events?event_id=eq.evt_api_1&select=tenant_id,type,data"
    rows = people["greenway.admin"].get(kept).json()
    assert [(row["tenant_id"], row["type"]) for row in rows] == [(101, "payment_intent.created")]
    assert rows[0]["data"] == json.loads(body)
    assert people["bluecharge.admin"].get(kept).json() == []


_REFUSED: dict[str, tuple[str, Callable[[str], str | None], int]] = {
    "no signature": (event(2), lambda _: None, 401),
    "an empty one": (event(2), lambda _: "", 401),
    "not the form of one": (event(2), lambda _: "t=1,v1=zz", 401),
    "another secret": (event(2), lambda body: sign(body, "whsec_somebody_elses"), 401),
    "other spaces": (event(2).replace("  ", " "), lambda _: sign(event(2), _SECRET), 401),
    "an old one": (event(2), lambda body: sign(body, _SECRET, at=1), 401),
    "a list": ("[]", lambda body: sign(body, _SECRET), 400),
    "no event": ('{"id":"evt_api_2"}', lambda body: sign(body, _SECRET), 400),
    "no JSON": ('{"id":', lambda body: sign(body, _SECRET), 400),
    "a NUL": (event(2, name="x\0"), lambda body: sign(body, _SECRET), 400),
}


@pytest.mark.parametrize("what", _REFUSED)
def test_what_is_not_signed_or_no_event_is_refused(people: People, what: str) -> None:
    """Nothing of it is kept."""
    body, signature_of, status = _REFUSED[what]
    answer = tell(people, body, signature_of(body))
    assert answer.status_code == status, answer.text
    found = people["greenway.admin"].get("/payment_events?event_id=eq.evt_api_2").json()
    assert found == []


def test_an_event_that_is_too_long_is_refused(people: People) -> None:
    """However well it is signed."""
    body = event(3, name="x" * 1_000_000)
    assert tell(people, body, sign(body, _SECRET)).status_code == 413


def test_customers_see_their_own_payments(people: People) -> None:
    """With what settles what; the keys of the provider nobody."""
    customer = people["greenway.customer"]
    payments = customer.get("/payments?select=id,state,amount").json()
    assert payments == [{"id": 1001, "state": "returned", "amount": 1.0}]
    allocations = customer.get("/allocations?select=kind,amount&order=id").json()
    assert allocations == [
        {"kind": "payment", "amount": 1.0},
        {"kind": "payment_return", "amount": -1.0},
    ]
    assert [card["last4"] for card in customer.get("/cards").json()] == ["4242"]
    assert customer.get("/payment_providers").status_code == 403
    wallets = people["greenway.driver2"].get("/wallets?select=account_id,balance").json()
    assert wallets == [{"account_id": 1002, "balance": 0}]
    shown = people["greenway.admin"].get("/payment_providers").json()
    assert [row["has_webhook_secret"] for row in shown] == [True]
    assert _SECRET not in json.dumps(shown)


@pytest.mark.parametrize(
    ("who", "call", "arguments", "status", "error"),
    [
        ("greenway.customer", "pay_invoice", {"invoice": 1001}, 409, "card_provider_missing"),
        ("greenway.driver2", "pay_invoice", {"invoice": 1001}, 404, "invoice_unknown"),
        ("bluecharge.admin", "pay_invoice", {"invoice": 1001}, 404, "invoice_unknown"),
        ("greenway.viewer", "pay_invoice", {"invoice": 1001}, 403, "permission_missing"),
        ("greenway.customer", "top_up_wallet", {"account": 1002}, 404, "account_unknown"),
        ("greenway.customer", "top_up_wallet", {"account": 1001}, 409, "account_not_prepaid"),
        ("greenway.driver2", "top_up_wallet", {"account": 1002}, 409, "card_provider_missing"),
        ("bluecharge.admin", "top_up_wallet", {"account": 1002}, 404, "account_unknown"),
    ],
)
def test_who_may_pay_for_what(
    people: People, who: str, call: str, arguments: dict[str, Any], status: int, error: str
) -> None:
    """Customers for their own accounts, staff with the permission for their tenant's."""
    more = {"return_url": "https://portal.example/"} | (
        {"amount": 20} if call == "top_up_wallet" else {}
    )
    answer = people[who].post(f"/rpc/{call}", json=arguments | more)
    assert answer.status_code == status, answer.text
    assert json.loads(answer.json()["details"])["error"] == error


@pytest.mark.parametrize("amount", [0, -5, 10.001, 10001, "NaN"])
def test_a_wallet_is_not_filled_with_anything(people: People, amount: float | str) -> None:
    """From 1 to 10000, in cents."""
    answer = people["greenway.driver2"].post(
        "/rpc/top_up_wallet",
        json={"account": 1002, "amount": amount, "return_url": "https://portal.example/"},
    )
    assert answer.status_code == 400, answer.text


def test_a_card_is_removed_by_whose_it_is(people: People) -> None:
    """Others find none; removed it stays removed."""
    for who in ("greenway.driver2", "bluecharge.admin", "greenway.customer"):
        answer = people[who].post("/rpc/remove_card", json={"card": 1001})
        assert answer.status_code == 404, f"{who}: {answer.text}"


@pytest.mark.parametrize(
    ("who", "provider", "secret", "status"),
    [
        ("greenway.admin", 2001, "whsec_0123456789", 404),
        ("greenway.operator", 1001, "whsec_0123456789", 403),
        ("greenway.admin", 1001, "short", 400),
    ],
)
def test_who_sets_the_keys(
    people: People, who: str, provider: int, secret: str, status: int
) -> None:
    """Those with billing.write, of their own tenant's providers."""
    answer = people[who].post(
        "/rpc/set_payment_provider_secrets",
        json={"payment_provider": provider, "webhook_secret": secret},
    )
    assert answer.status_code == status, answer.text
