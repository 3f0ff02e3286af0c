"""Card payments through Stripe.

SQL says what is wanted and books what came of it (docs/payments.md). Here nothing is decided but
whether a call was made, was not, or nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from jobs.exceptions import JobsError
from jobs.outbox import Deliverer, Outcome, Task

__all__ = ["CardDeliverer", "card_deliverers_of"]

Kind = Literal["card_payment", "card_refund", "card_check", "card_balance"]


class CardDeliverer:
    """One of the four kinds of calls to the card provider.

    Paying and refunding carry the key of the payment as Stripe's idempotency key, and in the
    metadata: an unanswered one is looked for by that, and made again with the same key only when
    Stripe has never had it. The other two are questions.
    """

    threads = 1

    def __init__(self, kind: Kind, base_url: str | None) -> None:
        self.kind = kind
        self.can_ask = kind in ("card_payment", "card_refund")
        self._base_url = base_url

    def deliver(self, task: Task) -> Outcome:
        """Make the call."""
        from jobs import stripe_calls  # noqa: PLC0415 - large, and most runners take no cards

        return stripe_calls.deliver(self.kind, self._base_url, task, is_question=not self.can_ask)

    def ask(self, task: Task) -> Outcome:
        """Look for what the call would have made."""
        from jobs import stripe_calls  # noqa: PLC0415 - as above

        return stripe_calls.ask(self.kind, self._base_url, task)


def card_deliverers_of(environment: Mapping[str, str]) -> list[Deliverer]:
    """Make the deliverers of card payments; VOLTARO_STRIPE_URL replaces Stripe's own address."""
    base_url = environment.get("VOLTARO_STRIPE_URL") or None
    if base_url is not None and not base_url.startswith(("https://", "http://127.0.0.1:")):
        raise JobsError("VOLTARO_STRIPE_URL has to begin with https://")
    kinds: tuple[Kind, ...] = ("card_payment", "card_refund", "card_check", "card_balance")
    return [CardDeliverer(kind, base_url) for kind in kinds]
