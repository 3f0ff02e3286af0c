"""Webhooks: signed, in order, tried again, given up, replayed; from a runner to a real server."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from standardwebhooks import Webhook, WebhookVerificationError

from jobs.outbox import Task
from jobs.webhooks import Webhooks, is_public
from tests.support.databases import Database
from tests.support.listeners import Listener, Received, Reply, listening
from tests.support.processes import running_jobs, wait_until

Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner; webhooks may go to this machine, and are not slow to retry."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("set role voltaro_owner")
        connection.execute(
            "update ops.settings set value = 'true' where name = 'webhooks.allows_loopback'"
        )
        connection.execute(
            "update ops.outbox_kinds set first_delay = '1 second', longest_delay = '1 second'"
            " where kind = 'webhook'"
        )
        connection.execute("delete from core.webhooks")
        connection.execute("delete from core.events")
        # The rest of what a runner does is not what is looked at here.
        connection.execute(
            "update ops.job_schedules set is_enabled = job in ('dispatch_events', 'tend_outbox')"
        )
        yield connection


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Where the webhooks go."""
    with listening() as it:
        yield it


@contextmanager
def runner(database: Database, home: Path) -> Iterator[Path]:
    """A jobs runner."""
    log = home / "jobs.log"
    with running_jobs(database.settings, home, log=log):
        yield log


def one(owner: Owner, statement: str, *arguments: object) -> Any:
    """The first column of the only row."""
    row = owner.execute(statement, arguments).fetchone()
    assert row is not None
    return row[0]


def create(owner: Owner, url: str, *types: str) -> tuple[int, str]:
    """A webhook of greenway: its number and secret."""
    row = owner.execute(
        "insert into core.webhooks (tenant_id, name, url, event_types, secret)"
        " values (101, %s, %s, %s, notify.create_webhook_secret()) returning id, secret",
        [url, url, list(types) or None],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def emit(owner: Owner, type_: str, object_id: int, tenant_id: int = 101, **data: object) -> None:
    """Something happens."""
    owner.execute(
        "select notify.emit(%s, %s, 'session', %s, %s)", [tenant_id, type_, object_id, Jsonb(data)]
    )


def is_settled(owner: Owner, count: int) -> bool:
    """Whether so many sendings are over, and no other waits."""
    return bool(
        one(
            owner,
            "select count(*) filter (where state in ('delivered', 'dead')) = %s"
            " and count(*) filter (where state not in ('delivered', 'dead')) = 0"
            " from ops.outbox where kind = 'webhook'",
            count,
        )
    )


def test_an_event_arrives_signed(
    database: Database, owner: Owner, listener: Listener, tmp_path: Path
) -> None:
    """What the other side gets verifies with a library that is not ours; a changed body fails."""
    _, secret = create(owner, listener.url + "/hook?x=1", "session.ended")
    emit(owner, "session.ended", 7, note="Müller 😀")
    emit(owner, "session.started", 7)
    emit(owner, "session.ended", 8, tenant_id=102)
    with runner(database, tmp_path):
        wait_until(lambda: is_settled(owner, 1), what="the event arrived")
    (received,) = listener.received
    assert received.path == "/hook?x=1"
    assert received.headers["content-type"] == "application/json; charset=utf-8"
    body = Webhook(secret).verify(received.body, _lower(received))
    assert body["type"] == "session.ended"
    assert body["data"] == {
        "note": "Müller 😀",
        "tenant_id": 101,
        "object_type": "session",
        "object_id": 7,
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(received.body.replace(b"7", b"8"), _lower(received))
    assert one(owner, "select last_success_at is not null from core.webhooks")


def _lower(received: Received) -> dict[str, str]:
    return {name.lower(): value for name, value in received.headers.items()}


def test_both_secrets_sign_while_one_replaces_the_other(
    database: Database, owner: Owner, listener: Listener, tmp_path: Path
) -> None:
    webhook, old = create(owner, listener.url)
    owner.execute(
        "update core.webhooks set old_secret = secret, old_secret_until = now() + interval '1 h',"
        " secret = notify.create_webhook_secret() where id = %s",
        [webhook],
    )
    new = one(owner, "select secret from core.webhooks")
    emit(owner, "session.started", 1)
    with runner(database, tmp_path):
        wait_until(lambda: is_settled(owner, 1), what="the event arrived")
    (received,) = listener.received
    for secret in (old, new):
        Webhook(secret).verify(received.body, _lower(received))


def test_one_object_is_in_order_and_others_do_not_wait(
    database: Database, owner: Owner, listener: Listener, tmp_path: Path
) -> None:
    """The first of session 1 fails twice: the second waits for it, those of others do not."""
    create(owner, listener.url)
    failures = iter([503, 500])

    def answer(received: Received) -> Reply:
        body = json.loads(received.body)
        if body["data"]["object_id"] == 1 and body["type"] == "session.started":
            return Reply(next(failures, 204), body=b"not now")
        return Reply()

    listener.answer = answer
    for session in (1, 2, 3):
        emit(owner, "session.started", session)
        emit(owner, "session.ended", session)
    with runner(database, tmp_path):
        wait_until(lambda: is_settled(owner, 6), what="all arrived")
    seen = [
        (body["data"]["object_id"], body["type"])
        for body in (json.loads(received.body) for received in listener.received)
    ]
    assert [type_ for session, type_ in seen if session == 1] == [
        "session.started",
        "session.started",
        "session.started",
        "session.ended",
    ]
    assert seen.index((2, "session.ended")) < seen.index((1, "session.ended"))
    # Each try has the id of the event, a time of its own, and stands in the log.
    tries = [r for r in listener.received if json.loads(r.body)["data"]["object_id"] == 1][:3]
    assert len({_lower(received)["webhook-id"] for received in tries}) == 1
    assert owner.execute(
        "select a.number, a.outcome, a.code, a.detail from ops.outbox_attempts as a"
        " where a.outbox_id = (select min(id) from ops.outbox where kind = 'webhook')"
        " order by a.number"
    ).fetchall() == [
        (1, "retry", 503, "503 not now"),
        (2, "retry", 500, "500 not now"),
        (3, "delivered", 204, "204"),
    ]


def test_a_lost_reply_is_sent_again_under_the_same_id(
    database: Database, owner: Owner, listener: Listener, tmp_path: Path
) -> None:
    create(owner, listener.url)
    replies = iter([Reply(0)])
    listener.answer = lambda _: next(replies, Reply())
    emit(owner, "session.started", 1)
    with runner(database, tmp_path):
        wait_until(lambda: is_settled(owner, 1), what="it arrived")
    first, second = listener.received
    assert _lower(first)["webhook-id"] == _lower(second)["webhook-id"]
    assert first.body == second.body


def test_a_receiver_that_hangs_holds_up_nobody_else(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    """Twenty sessions for one that does not answer; those of the other arrive meanwhile."""
    with listening() as hanging, listening() as other:
        hanging.answer = lambda _: Reply(delay_s=60)
        create(owner, hanging.url, "session.started")
        create(owner, other.url, "session.ended")
        for session in range(20):
            emit(owner, "session.started", session)
        for session in range(20):
            emit(owner, "session.ended", session)
        with runner(database, tmp_path):
            wait_until(lambda: len(other.received) == 20, timeout_s=10, what="the others arrived")
        assert len(hanging.received) == 2


def test_an_address_that_is_gone_switches_the_webhook_off(
    database: Database, owner: Owner, listener: Listener, tmp_path: Path
) -> None:
    create(owner, listener.url)
    listener.answer = lambda _: Reply(410)
    emit(owner, "session.started", 1)
    emit(owner, "session.ended", 1)
    with runner(database, tmp_path):
        wait_until(lambda: is_settled(owner, 2), what="both are over")
    assert len(listener.received) == 1
    assert owner.execute("select is_enabled, disabled_reason from core.webhooks").fetchone() == (
        False,
        "the address answered that it is gone (410)",
    )
    assert one(owner, "select count(*) from core.events where type = 'webhook.disabled'") == 1


def test_what_never_arrived_is_replayed(
    database: Database, owner: Owner, listener: Listener, tmp_path: Path
) -> None:
    webhook, secret = create(owner, listener.url)
    owner.execute("update ops.outbox_kinds set max_attempts = 1 where kind = 'webhook'")
    listener.answer = lambda _: Reply(500 if len(listener.received) == 1 else 204)
    emit(owner, "session.started", 1)
    with runner(database, tmp_path):
        wait_until(lambda: is_settled(owner, 1), what="it was given up")
        emit(owner, "session.started", 2)
        wait_until(lambda: is_settled(owner, 2), what="the next one arrived")
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            replay = (
                "select api.replay_webhook(%s, now() - interval '1 hour',"
                " now() + interval '1 hour', %s) ->> 'events'"
            )
            with connection.transaction():
                connection.execute("select tests.act_as('greenway.admin')")
                assert one(connection, replay, webhook, True) == "1"
            wait_until(lambda: is_settled(owner, 3), what="it arrived")
            with connection.transaction():
                connection.execute("select tests.act_as('greenway.admin')")
                assert one(connection, replay, webhook, True) == "0"
                assert one(connection, replay, webhook, False) == "2"
            wait_until(lambda: is_settled(owner, 5), what="all arrived once more")
    objects = [json.loads(received.body)["data"]["object_id"] for received in listener.received]
    assert objects[:3] == [1, 2, 1]
    assert sorted(objects[3:]) == [1, 2]
    for received in listener.received:
        Webhook(secret).verify(received.body, _lower(received))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://10.0.0.5/",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.1.1:8443/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://localhost/",
        "http://93.184.216.34/",
    ],
)
def test_nothing_is_sent_into_our_own_network(url: str) -> None:
    """Judged by the address that is connected to, however it is written."""
    payload = {"url": url, "allows_loopback": False, "body": "{}", "headers": {}}
    outcome = Webhooks().deliver(Task(1, 1, 101, "key", payload))
    assert outcome.outcome == "retry"
    assert "not in the internet" in outcome.detail or "by https" in outcome.detail


def test_loopback_alone_is_opened_by_the_setting() -> None:
    for url in ("https://10.0.0.5/", "http://10.0.0.5/", "http://93.184.216.34/"):
        payload: dict[str, object] = {
            "url": url,
            "allows_loopback": True,
            "body": "",
            "headers": {},
        }
        assert Webhooks().deliver(Task(1, 1, 101, "key", payload)).outcome == "retry"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("::ffff:93.184.216.34", True),
        ("224.0.0.1", False),
        ("0.1.2.3", False),
        ("255.255.255.255", False),
        ("2002:7f00:1::", False),
        ("ff02::1", False),
    ],
)
def test_public_addresses(address: str, expected: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is expected
