"""Which deliverers this process has: one for each kind of the outbox that it can reach."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.cards import card_deliverers_of
from jobs.chat import ChatDeliverer
from jobs.mail import mail_deliverer_of
from jobs.outbox import Deliverer
from jobs.vat import vat_deliverer_of
from jobs.webhooks import Webhooks

__all__ = ["deliverers_of"]


def deliverers_of(environment: Mapping[str, str]) -> list[Deliverer]:
    """Make the deliverers that the settings allow; what has none waits in the outbox.

    Raises JobsError when a setting is not what it should be.
    """
    deliverers: list[Deliverer] = [
        ChatDeliverer("chat", environment),
        ChatDeliverer("sms", environment),
        Webhooks(),
        *card_deliverers_of(environment),
    ]
    mail = mail_deliverer_of(environment)
    if mail is not None:
        deliverers.append(mail)
    vat = vat_deliverer_of(environment)
    if vat is not None:
        deliverers.append(vat)
    return deliverers
