"""E-mails over a real SMTP server, SMS and chat over real HTTP, sent by the jobs runner."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from db.connection import connect
from jobs.chat import ChatDeliverer
from jobs.exceptions import JobsError
from jobs.mail import mail_deliverer_of
from jobs.messages import compose, format_value
from jobs.outbox import Outcome, Task
from tests.support.databases import Database
from tests.support.processes import free_port, running_jobs, wait_until

Owner = psycopg.Connection[tuple[Any, ...]]


class Post:
    """An SMTP server's mind: keeps what comes, refuses whom it is told to."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.refusals: dict[str, str] = {}
        self.hangs_up = threading.Event()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.envelopes.append(envelope)
        if self.hangs_up.is_set():
            # It has the message, and nobody hears of it.
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 kept"


@pytest.fixture
def post() -> Post:
    """What the SMTP server has."""
    return Post()


@pytest.fixture
def smtp(post: Post) -> Iterator[str]:
    """The address of an SMTP server."""
    port = free_port()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}?starttls=no"
    finally:
        controller.stop(no_assert=True)


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner, to a database whose outbox is empty."""
    with connect(database.owner_url, owner=True) as connection:
        connection.execute("delete from ops.outbox")
        connection.execute("delete from ops.events_to_tell")
        connection.execute("delete from core.notifications")
        connection.execute(
            "update ops.settings set value = 'true' where name = 'webhooks.allows_loopback'"
        )
        yield connection


@contextlib.contextmanager
def runner(database: Database, home: Path, **environment: str) -> Iterator[Path]:
    """A jobs runner; yields its log."""
    log = home / "jobs.log"
    with running_jobs(database.settings, home, log=log, **environment):
        yield log


def put_mail(owner: Owner, key: str, *, to: str = "ann@example.org", **payload: Any) -> int:
    """Ask for an e-mail of greenway's; returns its number in the outbox."""
    row = owner.execute(
        "select notify.put_outbox(101, 'email', %s, %s)",
        [
            key,
            json.dumps(
                {
                    "template": "wallet_low",
                    "to": to,
                    "full_name": "Ann Ö",
                    "language": "de",
                    "values": {"balance": {"amount": "4.5", "currency": "EUR"}, "account": "A1"},
                    **payload,
                }
            ),
        ],
    ).fetchone()
    assert row is not None
    return int(row[0])


def state_of(owner: Owner, outbox_id: int) -> tuple[str, str | None]:
    """How far an outside effect is, and what was wrong last."""
    row = owner.execute(
        "select state, last_error from ops.outbox where id = %s", [outbox_id]
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_an_email_arrives_in_its_language_with_its_link(
    database: Database, owner: Owner, smtp: str, post: Post, tmp_path: Path
) -> None:
    """Subject, body, sender, link and headers, as a mail program reads them."""
    owner.execute(
        "update core.users set language = 'de', full_name = 'Ann Ö'"
        " where id = tests.user_id_of('greenway.customer')"
    )
    owner.execute(
        "select access.send_token(tests.user_id_of('greenway.customer'), 'password_reset',"
        " 'password_reset', interval '1 hour', 101)"
    )
    row = owner.execute("select id, payload ->> 'token' from ops.outbox").fetchone()
    assert row is not None
    outbox_id, token = row
    with runner(
        database,
        tmp_path,
        VOLTARO_SMTP_URL=smtp,
        VOLTARO_MAIL_FROM="mail@voltaro.example",
        VOLTARO_PORTAL_URL="https://portal.example/",
    ):
        wait_until(lambda: state_of(owner, outbox_id)[0] == "delivered", what="the e-mail")
    (message,) = [m for m in post.messages if m["Subject"] == "Ihr neues Passwort"]
    assert str(message["From"]) == "Greenway Charging GmbH <mail@voltaro.example>"
    assert str(message["To"]) == "Ann Ö <customer@greenway.example>"
    assert message["Reply-To"] == "billing@greenway.example"
    assert message["Auto-Submitted"] == "auto-generated"
    body = message.get_content()
    assert f"https://portal.example/reset-password#token={token}" in body
    kept = owner.execute("select payload ? 'token' from ops.outbox where id = %s", [outbox_id])
    assert kept.fetchone() == (False,)
    assert "${" not in body


def test_an_invoice_is_told_with_its_pdf(
    database: Database, owner: Owner, smtp: str, post: Post, tmp_path: Path
) -> None:
    """From the event to the attachment, once."""
    row = owner.execute(
        "select file_name, content from core.documents"
        " where invoice_id = 1001 and kind = 'invoice_pdf'"
    ).fetchone()
    assert row is not None
    owner.execute("select notify.emit(101, 'invoice.finalised', 'invoice', 1001)")
    with runner(
        database, tmp_path, VOLTARO_SMTP_URL=smtp, VOLTARO_MAIL_FROM="mail@voltaro.example"
    ):
        wait_until(
            lambda: any("invoice" in str(m["Subject"]) for m in post.messages), what="the e-mail"
        )
    (message,) = [m for m in post.messages if "invoice" in str(m["Subject"])]
    (attachment,) = message.iter_attachments()
    assert isinstance(attachment, EmailMessage)
    assert (attachment.get_filename(), attachment.get_content()) == row
    assert "11.90" in str(message.get_body())


def test_what_a_server_refuses_is_parked_or_tried_again(
    database: Database, owner: Owner, smtp: str, post: Post, tmp_path: Path
) -> None:
    """A bounced address is dead with the server's words; a busy mailbox waits; others go on."""
    post.refusals = {
        "gone@example.org": "550 5.1.1 no such mailbox",
        "busy@example.org": "450 4.2.1 try again later",
    }
    gone = put_mail(owner, "mail/gone", to="gone@example.org")
    busy = put_mail(owner, "mail/busy", to="busy@example.org")
    good = put_mail(owner, "mail/good")
    with runner(
        database, tmp_path, VOLTARO_SMTP_URL=smtp, VOLTARO_MAIL_FROM="mail@voltaro.example"
    ):
        wait_until(lambda: state_of(owner, gone)[0] == "dead", what="the bounce")
        wait_until(lambda: state_of(owner, good)[0] == "delivered", what="the good one")
        wait_until(lambda: state_of(owner, busy)[1] is not None, what="the busy mailbox")
    assert "no such mailbox" in str(state_of(owner, gone)[1])
    assert state_of(owner, busy)[0] == "waiting"
    assert "try again later" in str(state_of(owner, busy)[1])
    row = owner.execute(
        "select count(*) from core.events where type = 'outbox.dead' and object_id = %s", [gone]
    ).fetchone()
    assert row == (1,)


def test_a_lost_answer_is_not_answered_with_a_second_email(
    database: Database, owner: Owner, smtp: str, post: Post, tmp_path: Path
) -> None:
    """The server has the message and hangs up: unknown, and never sent again by itself."""
    post.hangs_up.set()
    outbox_id = put_mail(owner, "mail/lost")
    with runner(
        database, tmp_path, VOLTARO_SMTP_URL=smtp, VOLTARO_MAIL_FROM="mail@voltaro.example"
    ):
        wait_until(lambda: state_of(owner, outbox_id)[0] == "unknown", what="unknown")
        post.hangs_up.clear()
        other = put_mail(owner, "mail/other")
        wait_until(lambda: state_of(owner, other)[0] == "delivered", what="the next e-mail")
    # Jobs tell others of other things meanwhile.
    assert len([m for m in post.messages if "ann@example.org" in str(m["To"])]) == 2
    assert state_of(owner, outbox_id)[0] == "unknown"


class _Room(BaseHTTPRequestHandler):
    """A chat service: keeps what is posted, answers what it is told to."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        assert isinstance(server, _Rooms)
        server.posts.append(json.loads(body))
        self.send_response(server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


class _Rooms(ThreadingHTTPServer):
    posts: list[dict[str, Any]]
    status = 200


@pytest.fixture
def room() -> Iterator[_Rooms]:
    """A chat service on loopback."""
    server = _Rooms(("127.0.0.1", 0), _Room)
    server.posts = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_operators_read_in_their_room_that_a_charge_point_is_offline(
    database: Database, owner: Owner, room: _Rooms, tmp_path: Path
) -> None:
    """From the event to the service, in the room's language; one that fails is tried again."""
    url = f"json://127.0.0.1:{room.server_address[1]}/room"
    owner.execute(
        "update core.notification_channels set is_enabled = true, has_url = true, language = 'nl'"
        " where id = 1001"
    )
    owner.execute(
        "update ops.notification_channel_urls set url = %s where channel_id = 1001", [url]
    )
    owner.execute(
        "update ops.outbox_kinds set first_delay = '1 second', longest_delay = '1 second'"
        " where kind = 'chat'"
    )
    room.status = 500
    owner.execute("select notify.emit(101, 'charge_point.offline', 'charge_point', 1001)")
    with runner(database, tmp_path):
        wait_until(lambda: len(room.posts) == 1, what="the first try")
        room.status = 200
        wait_until(lambda: len(room.posts) == 2, what="the second try")
        wait_until(
            lambda: (
                owner.execute("select state from ops.outbox where kind = 'chat'").fetchone()
                == ("delivered",)
            ),
            what="delivered",
        )
    assert room.posts[1]["message"] == "Greenway one is offline"


def test_an_sms_goes_to_the_number_through_the_gateway(
    database: Database, owner: Owner, room: _Rooms, tmp_path: Path
) -> None:
    """The number stands in the gateway's address."""
    owner.execute(
        "insert into core.notification_channels (tenant_id, id, name, channel, has_url)"
        " overriding system value values (101, 1009, 'SMS', 'sms', true)"
    )
    owner.execute(
        "insert into ops.notification_channel_urls (tenant_id, channel_id, url)"
        " values (101, 1009, %s)",
        [f"json://127.0.0.1:{room.server_address[1]}/sms?:to={{to}}"],
    )
    owner.execute(
        "update core.notification_preferences set is_enabled = true"
        " where user_id = tests.user_id_of('greenway.customer') and channel = 'sms'"
    )
    owner.execute("select notify.emit(101, 'session.started', 'session', 1001)")
    with runner(database, tmp_path):
        wait_until(lambda: bool(room.posts), what="the SMS")
    sms = room.posts[0]
    assert sms["to"] == "+491700000001"
    assert sms["message"].startswith("Charging has begun at ")


def test_a_room_within_our_own_network_is_not_told(
    database: Database, owner: Owner, room: _Rooms, tmp_path: Path
) -> None:
    """Whoever may name rooms may not reach what only the server reaches."""
    owner.execute("update ops.settings set value = 'false' where name = 'webhooks.allows_loopback'")
    owner.execute(
        "update core.notification_channels set is_enabled = true, has_url = true where id = 1001"
    )
    owner.execute(
        "update ops.notification_channel_urls set url = %s where channel_id = 1001",
        [f"json://localhost:{room.server_address[1]}/room"],
    )
    owner.execute("select notify.emit(101, 'charge_point.offline', 'charge_point', 1001)")

    def state() -> tuple[Any, ...] | None:
        return owner.execute(
            "select state, last_error from ops.outbox where kind = 'chat' and tenant_id = 101"
        ).fetchone()

    with runner(database, tmp_path):
        wait_until(lambda: (state() or ("",))[0] == "dead", what="the refusal")
    assert state() == ("dead", "the address is within our own network")
    assert room.posts == []


def say(url: str, *, may_be_here: bool) -> Outcome:
    """Send a message to a room."""
    message = {
        "url": url,
        "allows_loopback": may_be_here,
        "language": "en",
        "template": "job_failed",
        "subject": "hello",
        "body": "",
        "values": {},
    }
    return ChatDeliverer("chat", {}).deliver(Task(1, 1, None, "room", message))


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1:{port}/room",
        "json:///127.0.0.1:{port}/room",
        "json://a@127.0.0.1:{port}@good.example/room",
        "json://[::ffff:127.0.0.1]:{port}/room",
        "json://2130706433:{port}/room",
        "mailto://user:word@good.example:{port}?smtp=127.0.0.1&mode=insecure",
        "matrix://user:word@127.0.0.1:{port}/%23room",
    ],
)
def test_no_way_of_writing_an_address_leads_into_our_own_network(
    room: _Rooms, address: str
) -> None:
    """Apprise reads addresses its own way; what counts is where a connection leads."""
    outcome = say(address.format(port=room.server_address[1]), may_be_here=False)
    assert (outcome.outcome, room.posts) == ("dead", [])


def test_a_redirect_does_not_lead_into_our_own_network(
    room: _Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room in the internet that sends us on to ourselves."""
    port = room.server_address[1]
    seen: list[str] = []

    def redirect(handler: _Room) -> None:
        seen.append(handler.path)
        handler.send_response(307)
        handler.send_header("Location", f"http://127.0.0.2:{port}/within")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    monkeypatch.setattr(_Room, "do_POST", redirect)
    # What this machine is to a test, the internet is to a room.
    monkeypatch.setattr("jobs.chat.is_public", lambda address: str(address) == "127.0.0.1")
    assert say(f"json://127.0.0.1:{port}/room", may_be_here=False) == Outcome(
        "dead", "the address is within our own network"
    )
    assert seen == ["/room"]


@pytest.mark.parametrize("option", ["template", "%74emplate", "TEMPLATE", "keyfile", "subfile"])
def test_a_room_cannot_name_files_of_this_machine(option: str) -> None:
    """Some services of Apprise send what a file holds."""
    outcome = say(f"workflows://good.example/a/b/?x=y&{option}=/etc/hostname", may_be_here=False)
    assert outcome == Outcome("dead", "the address may not have options that name files")


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        ({"amount": "1234.5", "currency": "EUR"}, "de", "1.234,50\xa0€"),
        ({"amount": "1234.5", "currency": "EUR"}, "en", "€1,234.50"),
        ({"amount": "1234.5", "currency": "JPY"}, "en", "¥1,234"),
        ({"energy_wh": "12345.6"}, "fr", "12,346 kWh"),
        ({"energy_wh": "10000"}, "en", "10.0 kWh"),
        ({"date": "2026-03-29"}, "nl", "29 mrt 2026"),
        ({"at": "2026-03-29T01:00:00Z", "time_zone": "Europe/Berlin"}, "de", "29.03.26, 03:00"),
        ({"at": None, "time_zone": "UTC"}, "en", ""),
        ({"energy_wh": "10000"}, "xx", "10.0 kWh"),
        ("as it is", "en", "as it is"),
    ],
)
def test_values_are_written_as_their_language_does(value: Any, language: str, text: str) -> None:
    """Money, energy, days and moments."""
    assert format_value(value, language) == text


def test_a_value_cannot_begin_another_header_or_placeholder() -> None:
    """Names are whatever people type."""
    words = compose(
        {
            "language": "en",
            "template": "wallet_low",
            "subject": "${name} $$ ${unknown}",
            "body": "${name}",
            "values": {"name": "a\r\nBcc: x@y.example ${token}", "token": "secret"},
        },
        portal_url="",
    )
    assert words.subject == "a Bcc: x@y.example ${token} $ ${unknown}"


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"VOLTARO_SMTP_URL": "smtp://mail.example"}, "VOLTARO_MAIL_FROM"),
        (
            {"VOLTARO_SMTP_URL": "http://mail.example", "VOLTARO_MAIL_FROM": "a@b.example"},
            "smtp://",
        ),
        (
            {"VOLTARO_SMTP_URL": "smtp://m.example?tls=no", "VOLTARO_MAIL_FROM": "a@b.example"},
            "starttls",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_at_the_start(
    environment: dict[str, str], reason: str
) -> None:
    """With the name of the setting."""
    with pytest.raises(JobsError, match=reason):
        mail_deliverer_of(environment)


@pytest.mark.parametrize("to", ["a..b@depot.example", "a,b@depot.example", "jörg@depot.example"])
def test_what_is_no_address_is_given_up_with_the_reason(to: str) -> None:
    """Nothing was sent, so nobody has to find out whether it was."""
    deliverer = mail_deliverer_of(
        {"VOLTARO_SMTP_URL": "smtp://127.0.0.1:1", "VOLTARO_MAIL_FROM": "mail@voltaro.example"}
    )
    assert deliverer is not None
    outcome = deliverer.deliver(Task(1, 1, None, "mail", {"to": to, "full_name": ""}))
    assert outcome.outcome == "dead"
    assert "no address" in str(outcome.detail)


def test_without_a_mail_server_mails_wait() -> None:
    """No deliverer, no tries."""
    assert mail_deliverer_of({}) is None
