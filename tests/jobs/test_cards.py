"""Card payments against a stand-in for Stripe: paid, lost, found again, told twice, given back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from jobs.cards import card_deliverers_of
from jobs.outbox import Outbox
from tests.support.databases import Database
from tests.support.processes import wait_until
from tests.support.stripe_server import StripeServer, running_stripe, sign

_SECRET = "whsec_0123456789abcdef"


@dataclass(frozen=True, slots=True)
class World:
    """A tenant that takes cards; account 1001 owes 11.90, account 1002 has a wallet."""

    database: Database
    owner: psycopg.Connection[tuple[Any, ...]]
    stripe: StripeServer

    def ask(self, query: str, *values: Any) -> Any:
        """One value, as the owner."""
        row = self.owner.execute(query.encode(), values or None).fetchone()
        return row[0] if row else None

    def as_person(self, name: str, query: str, *values: Any) -> dict[str, Any]:
        """A row that a person is answered."""
        with psycopg.connect(self.database.superuser_url) as connection:
            connection.execute("select tests.act_as(%s)", [name])
            row = connection.execute(
                f"select to_jsonb(r) from ({query}) as r".encode(),  # noqa: S608 (of this file)
                values or None,
            ).fetchone()
        assert row is not None
        answer: dict[str, Any] = row[0]
        return answer

    def tell(self, body: str, *, secret: str = _SECRET, at: float | None = None) -> Any:
        """Hand in an event as PostgREST would."""
        with psycopg.connect(self.database.superuser_url) as connection:
            connection.execute("select tests.act_as_anonymous()")
            connection.execute(
                "select set_config('request.headers', %s, true)",
                [json.dumps({"stripe-signature": sign(body, secret, at=at)})],
            )
            row = connection.execute("select api.payment_webhook(%s::json)", [body]).fetchone()
        return row[0] if row else None

    def process(self) -> str:
        """Run the job that books events."""
        with psycopg.connect(self.database.jobs_url, autocommit=True) as connection:
            row = connection.execute("select jobs.process_payment_events()").fetchone()
        assert row is not None
        return str(row[0])

    def state(self, payment: int) -> str:
        """How far a payment has come."""
        return str(self.ask("select state from core.payments where id = %s", payment))

    def await_state(self, payment: int, state: str) -> None:
        """Wait until it has come so far; what waits for a moment is due at once."""

        def is_there() -> bool:
            self.owner.execute(
                "update ops.outbox set next_attempt_at = now()"
                " where state in ('waiting', 'unknown') and kind like 'card%'"
            )
            return self.state(payment) == state

        wait_until(is_there, what=f"payment {payment} {state}")

    def await_calls(self) -> None:
        """Wait until nothing about cards is left to be called."""

        def is_done() -> bool:
            return not self.ask(
                "select count(*) from ops.outbox"
                " where state not in ('delivered', 'dead') and kind like 'card%'"
            )

        wait_until(is_done, what="all calls")

    def balance(self, account: str) -> Decimal:
        """The sum of a ledger account."""
        found = self.ask(
            "select sum(amount) from core.ledger_entries"
            " where tenant_id = 101 and ledger_account = %s",
            account,
        )
        return Decimal(found or 0)

    def is_open(self, invoice: int) -> Decimal:
        """What is open of an invoice."""
        found = self.ask(
            "select open_amount from billing.open_items where tenant_id = 101 and invoice_id = %s",
            invoice,
        )
        return Decimal(found)


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """A provider with keys, and a thread for each kind of call."""
    stop = threading.Event()
    with (
        running_stripe() as stripe,
        psycopg.connect(database.owner_url, autocommit=True) as owner,
    ):
        owner.execute("set role voltaro_owner")
        owner.execute("delete from ops.outbox where kind not like 'card%'")
        owner.execute(
            "update core.payment_providers set is_enabled = true, has_api_key = true,"
            " has_webhook_secret = true where tenant_id = 101"
        )
        owner.execute(
            "insert into ops.payment_provider_secrets"
            " (tenant_id, payment_provider_id, api_key, webhook_secret)"
            " values (101, 1001, 'sk_test_12345', %s)",
            [_SECRET],
        )
        threads = [
            threading.Thread(target=Outbox(database.jobs_url, stop, d, interval_s=0.05).run)
            for d in card_deliverers_of({"VOLTARO_STRIPE_URL": stripe.url})
        ]
        for thread in threads:
            thread.start()
        try:
            yield World(database, owner, stripe)
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def put_card_on_file(world: World, account: int) -> None:
    """A card that may be charged without the customer."""
    world.owner.execute(
        "insert into core.cards (tenant_id, account_id, payment_provider_id,"
        " provider_customer_id, provider_card_id, brand, last4)"
        " values (101, %s, 1001, 'cus_9', %s, 'visa', '4242')",
        [account, f"pm_{account}"],
    )


def top_up(world: World, amount: int) -> int:
    """Fill wallet 1002 from the card on file; returns the payment."""
    row = world.as_person(
        "greenway.driver2", "select id from api.top_up_wallet(1002, %s)", Decimal(amount)
    )
    return int(row["id"])


def test_a_customer_pays_an_invoice_on_a_page(world: World) -> None:
    """Asked, sent to a page, paid, told by an event: settled, with its fee, the card kept."""
    pay = "select * from api.pay_invoice(1001, 'https://portal.example/back', true)"
    payment = world.as_person("greenway.customer", pay)
    assert (payment["state"], payment["amount"]) == ("pending", 11.9)
    world.await_state(payment["id"], "submitted")
    again = world.as_person("greenway.customer", pay)
    session_id = str(again["checkout_url"]).rsplit("/", 1)[1]
    assert again["id"] == payment["id"], "asked again it is the same page"

    intent = world.stripe.pay(session_id, card="1881")
    session = world.stripe.sessions[session_id]
    assert world.tell(world.stripe.event("checkout.session.completed", session)) == {
        "received": True
    }
    paid = world.stripe.event("payment_intent.succeeded", intent)
    world.tell(paid)
    world.tell(paid)
    assert world.process() == "2 events"
    assert world.process() == "", "an event counts once"
    assert world.state(payment["id"]) == "succeeded"
    assert world.is_open(1001) == 0
    world.await_calls()
    fee = Decimal("0.42")
    assert world.balance("payment_fees") == fee
    assert world.balance("card_clearing") == Decimal("11.90") - fee
    card = world.as_person(
        "greenway.customer", "select last4, brand from api.cards where state = 'active'"
    )
    assert card == {"last4": "1881", "brand": "visa"}


def test_a_reply_that_is_lost_is_asked_for(world: World) -> None:
    """Stripe took the money and nobody heard: unknown, found by its key, taken once."""
    put_card_on_file(world, 1002)
    world.stripe.replies_to_lose = 1
    payment = top_up(world, 25)
    world.await_state(payment, "succeeded")
    assert len(world.stripe.intents) == 1
    assert len(world.stripe.keys) == 1, "it was asked for, not done again"
    assert world.ask("select max(asks) from ops.outbox where kind = 'card_payment'") == 1
    world.await_calls()
    assert world.balance("wallets") == -25


def test_a_call_that_never_arrived_is_made_again_with_its_key(world: World) -> None:
    """Stripe has never had it: the same key once more, and one payment."""
    put_card_on_file(world, 1002)
    world.stripe.calls_to_lose = 1
    payment = top_up(world, 25)
    world.await_state(payment, "succeeded")
    key = world.ask("select idempotency_key from core.payments where id = %s", payment)
    assert world.stripe.keys == [key]
    assert len(world.stripe.intents) == 1


def test_a_lost_checkout_is_found(world: World) -> None:
    """A page that was made and not answered for is the one that the customer gets."""
    world.stripe.replies_to_lose = 1
    payment = world.as_person(
        "greenway.customer", "select id from api.pay_invoice(1001, 'https://portal.example/')"
    )
    world.await_state(payment["id"], "submitted")
    assert len(world.stripe.sessions) == 1


def test_an_event_before_the_reply(world: World) -> None:
    """The event comes while the call is unanswered: booked once, whoever is first."""
    put_card_on_file(world, 1002)
    world.stripe.replies_to_lose = 1
    payment = top_up(world, 25)
    wait_until(lambda: bool(world.stripe.intents), what="the call")
    intent = next(iter(world.stripe.intents.values()))
    world.tell(world.stripe.event("payment_intent.succeeded", intent))
    assert world.process() == "1 events"
    assert world.state(payment) == "succeeded"
    world.await_state(payment, "succeeded")
    world.owner.execute("update ops.outbox set next_attempt_at = now() where state = 'unknown'")
    world.await_calls()
    assert world.balance("wallets") == -25
    assert world.balance("payment_fees") == Decimal("0.62")


def test_two_events_at_once_book_once(world: World) -> None:
    """The same payment told by two events, processed by two runners at the same time."""
    put_card_on_file(world, 1002)
    world.stripe.replies_to_lose = 1
    top_up(world, 25)
    wait_until(lambda: bool(world.stripe.intents), what="the call")
    intent = next(iter(world.stripe.intents.values()))
    for type_ in ("payment_intent.succeeded", "payment_intent.processing"):
        world.tell(world.stripe.event(type_, intent))
    done: list[str] = []
    runners = [threading.Thread(target=lambda: done.append(world.process())) for _ in range(2)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert len(done) == 2
    outcomes = world.ask(
        "select array_agg(outcome) from core.payment_events where id <> 1001 and tenant_id = 101"
    )
    assert outcomes == ["succeeded", "succeeded"]
    assert world.balance("wallets") == -25


def test_a_declined_card_fails(world: World) -> None:
    """Refused is an answer: failed with the reason, nothing posted, nothing given up."""
    put_card_on_file(world, 1002)
    world.stripe.declines = True
    payment = top_up(world, 25)
    world.await_state(payment, "failed")
    failure = world.ask("select failure from core.payments where id = %s", payment)
    assert failure == "Your card was declined."
    assert world.balance("card_clearing") == 0
    told = world.ask("select array_agg(type) from core.events where object_id = %s", payment)
    assert told == ["payment.failed"]


def test_a_refund_whose_reply_is_lost(world: World) -> None:
    """Given back once, found again, and taken out of the wallet."""
    put_card_on_file(world, 1002)
    payment = top_up(world, 25)
    world.await_state(payment, "succeeded")
    world.await_calls()
    world.stripe.replies_to_lose = 1
    refund = world.as_person(
        "greenway.admin",
        "select id, state from api.refund_payment(%s, 'moved abroad', 10)",
        payment,
    )
    assert refund["state"] == "pending"
    world.await_state(refund["id"], "succeeded")
    assert len(world.stripe.refunds) == 1
    assert world.balance("wallets") == -15
    assert world.balance("card_clearing") == Decimal("14.38")


def test_a_dispute_opens_the_invoice_again(world: World) -> None:
    """What the provider takes back is owed again, and its fee is ours."""
    payment = world.as_person(
        "greenway.customer", "select id from api.pay_invoice(1001, 'https://portal.example/')"
    )
    world.await_state(payment["id"], "submitted")
    intent = world.stripe.pay(next(iter(world.stripe.sessions)))
    world.tell(world.stripe.event("payment_intent.succeeded", intent))
    world.process()
    assert world.is_open(1001) == 0
    dispute = {
        "id": "dp_1",
        "object": "dispute",
        "amount": 1190,
        "payment_intent": intent["id"],
        "reason": "fraudulent",
        "balance_transactions": [{"fee": 1500}],
    }
    world.tell(world.stripe.event("charge.dispute.funds_withdrawn", dispute))
    world.process()
    assert world.state(payment["id"]) == "returned"
    assert world.is_open(1001) == Decimal("11.90")


def test_a_page_that_is_not_used_is_over(world: World) -> None:
    """Nobody told of it: asked for when its time is over, cancelled, and another may be opened."""
    pay = "select id from api.pay_invoice(1001, 'https://portal.example/')"
    payment = world.as_person("greenway.customer", pay)
    world.await_state(payment["id"], "submitted")
    with psycopg.connect(world.database.superuser_url) as superuser:
        superuser.execute("set session_replication_role = replica")
        superuser.execute(
            "update core.payments set created_at = created_at - interval '2 hours',"
            " updated_at = updated_at - interval '2 hours' where id = %s",
            [payment["id"]],
        )
    next(iter(world.stripe.sessions.values()))["status"] = "expired"
    with psycopg.connect(world.database.jobs_url, autocommit=True) as connection:
        asked = [
            connection.execute("select jobs.check_card_payments()").fetchone() for _ in range(2)
        ]
    assert asked == [("1 card payments are asked for",), ("",)]
    world.await_state(payment["id"], "cancelled")
    assert world.as_person("greenway.customer", pay)["id"] != payment["id"]


def test_another_amount_is_not_booked(world: World) -> None:
    """What the provider took is not what was asked for: kept for a person, nothing posted."""
    payment = world.as_person(
        "greenway.customer", "select id from api.pay_invoice(1001, 'https://portal.example/')"
    )
    world.await_state(payment["id"], "submitted")
    intent = world.stripe.pay(next(iter(world.stripe.sessions)))
    world.tell(world.stripe.event("payment_intent.succeeded", intent | {"amount_received": 1}))
    assert world.process() == "1 events"
    failure = world.ask("select failure from core.payments where id = %s", payment["id"])
    assert failure == "the provider took 1 eur (smallest units)"
    assert world.is_open(1001) == Decimal("11.90")


def test_an_event_that_cannot_be_booked_holds_up_nothing(world: World) -> None:
    """It keeps why, and the next one is booked."""
    put_card_on_file(world, 1002)
    world.stripe.replies_to_lose = 1
    payment = top_up(world, 25)
    wait_until(lambda: bool(world.stripe.intents), what="the call")
    intent = next(iter(world.stripe.intents.values()))
    broken = {"object": "payout", "id": "po_9", "amount": "much", "currency": "eur"}
    world.tell(world.stripe.event("payout.paid", broken))
    world.tell(world.stripe.event("payment_intent.succeeded", intent))
    payout = {"object": "payout", "id": "po_8", "amount": 2438, "currency": "eur"}
    world.tell(
        world.stripe.event("payout.paid", payout | {"status": "paid", "arrival_date": 1795000000})
    )
    assert world.process() == "3 events"
    assert world.state(payment) == "succeeded"
    outcomes = world.ask(
        "select array_agg(outcome order by id) from core.payment_events"
        " where id <> 1001 and tenant_id = 101"
    )
    assert outcomes[0].startswith("it cannot be booked: invalid input syntax")
    assert outcomes[1:] == ["succeeded", "payout paid"]
    paid_out = world.ask("select amount from core.payouts where provider_payout_id = 'po_8'")
    assert paid_out == Decimal("24.38")


@pytest.mark.parametrize(
    ("secret", "age", "error"),
    [("whsec_somebody_elses", 0, "webhook_signature_invalid"), (_SECRET, 301, "webhook_too_old")],
)
def test_a_bad_signature_is_refused(world: World, secret: str, age: int, error: str) -> None:
    """Wrong or old: nothing is kept."""
    now = float(world.ask("select extract(epoch from now())"))
    with pytest.raises(psycopg.Error) as refused:
        world.tell('{"id":"evt_x","type":"x","data":{"object":{}}}', secret=secret, at=now - age)
    assert refused.value.sqlstate == "PT401"
    assert json.loads(refused.value.diag.message_detail or "")["error"] == error
    assert world.ask("select count(*) from core.payment_events where event_id = 'evt_x'") == 0


def test_a_secret_is_exchanged_without_losing_an_event(world: World) -> None:
    """The secret of before counts for a day."""
    with psycopg.connect(world.database.superuser_url) as connection:
        connection.execute("select tests.act_as('greenway.admin')")
        connection.execute(
            "select api.set_payment_provider_secrets(1001, null, 'whsec_fedcba9876543210')"
        )
    for number, secret in enumerate((_SECRET, "whsec_fedcba9876543210")):
        body = json.dumps({"id": f"evt_{number}", "type": "x", "data": {"object": {}}})
        world.tell(body, secret=secret)
    world.owner.execute("update ops.payment_provider_secrets set previous_until = now()")
    with pytest.raises(psycopg.Error):
        world.tell('{"id":"evt_9","type":"x","data":{"object":{}}}')


def test_an_event_under_one_secret_of_two_providers_is_of_both(world: World) -> None:
    """One account at Stripe for two legal entities: the one that it is about finds it."""
    world.owner.execute(
        "insert into ops.payment_provider_secrets (tenant_id, payment_provider_id, webhook_secret)"
        " select tenant_id, id, %s from core.payment_providers where tenant_id = 102",
        [_SECRET],
    )
    for _ in range(2):
        world.tell('{"id":"evt_both","type":"x","data":{"object":{}}}')
    tenants = world.ask(
        "select array_agg(tenant_id order by tenant_id) from core.payment_events"
        " where event_id = 'evt_both'"
    )
    assert tenants == [101, 102]


def test_a_payout_that_is_over_does_not_begin_again(world: World) -> None:
    """Events come in any order."""
    payout = {"object": "payout", "id": "po_1", "amount": 2438, "currency": "eur"}
    payout |= {"arrival_date": 1795000000}
    world.tell(world.stripe.event("payout.paid", payout | {"status": "paid"}))
    world.tell(world.stripe.event("payout.created", payout | {"status": "in_transit"}))
    assert world.process() == "2 events"
    state = world.ask("select state from core.payouts where provider_payout_id = 'po_1'")
    assert state == "paid"


def test_what_is_not_among_the_newest_is_not_known_to_be_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search ends somewhere: what it did not reach may be there, and is not made again."""
    monkeypatch.setattr("jobs.stripe_calls._MOST_LISTED", 0)
    put_card_on_file(world, 1002)
    world.stripe.replies_to_lose = 1
    payment = top_up(world, 25)
    world.await_state(payment, "unknown")
    wait_until(
        lambda: world.ask(
            "select asks > 0 and state = 'unknown' from ops.outbox where kind = 'card_payment'"
        ),
        what="it was asked for",
    )
    assert len(world.stripe.intents) == 1


def test_the_balance_of_a_day_is_asked_once(world: World) -> None:
    """Kept as the end of the day that is over; what the proof compares."""
    world.stripe.held = 12345
    with psycopg.connect(world.database.jobs_url, autocommit=True) as connection:
        asked = [
            connection.execute("select jobs.ask_provider_balances()").fetchone() for _ in range(2)
        ]
    assert asked == [("1 card providers are asked",), ("",)]
    world.await_calls()
    held = world.ask(
        "select billing.get_provider_balance(101, 1001, billing.get_local_date(101, 1001) - 1)"
    )
    assert held == Decimal("123.45")


def test_a_wallet_fills_itself(world: World) -> None:
    """Low is told of once, the card on file is charged once."""
    put_card_on_file(world, 1002)
    payment = top_up(world, 25)
    world.await_state(payment, "succeeded")
    world.owner.execute("delete from core.low_wallets where account_id = 1002")
    world.owner.execute(
        "update core.accounts set credit_limit = null, top_up_threshold = 1000,"
        " top_up_amount = 2000 where id = 1002"
    )
    with psycopg.connect(world.database.jobs_url, autocommit=True) as connection:
        told = [connection.execute("select jobs.tend_wallets()").fetchone() for _ in range(2)]
        assert told == [("1 wallets are low, 1 are filled",), ("",)]
        filling = world.ask("select max(id) from core.payments where purpose = 'top_up'")
        world.await_state(filling, "succeeded")
        connection.execute("select jobs.tend_wallets()")
    assert world.balance("wallets") == -2025
    assert world.ask("select count(*) from core.low_wallets where account_id = 1002") == 0
    events = world.ask("select count(*) from core.events where type = 'wallet.low'")
    assert events == 1


def test_an_invoice_is_collected_from_the_card_on_file(world: World) -> None:
    """Due, of an account that pays by card: charged without anybody asking, once."""
    put_card_on_file(world, 1001)
    world.owner.execute(
        "update core.accounts set payment_method = 'card', payment_terms_days = 0 where id = 1001"
    )
    collect = "select jobs.collect_cards()"
    with psycopg.connect(world.database.jobs_url, autocommit=True) as connection:
        row = connection.execute(collect).fetchone()
        assert row == ("",), "the invoice of before is not due yet"
        with psycopg.connect(world.database.superuser_url) as superuser:
            superuser.execute("select tests.act_as('greenway.admin')")
            made = superuser.execute(
                "select (api.create_invoice(1001,"
                ' \'[{"description": "Card", "unit_price": 20, "includes_vat": true}]\', null)).id'
            ).fetchone()
            assert made is not None
            superuser.execute("select api.finalise_invoice(%s)", made)
        told = [connection.execute(collect).fetchone() for _ in range(2)]
    assert told == [("1 cards are charged",), ("",)]
    payment = world.ask("select max(id) from core.payments where invoice_id = %s", made[0])
    world.await_state(payment, "succeeded")
    assert world.is_open(made[0]) == 0
