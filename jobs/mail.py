"""Sends e-mails over SMTP (RFC 5321)."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from jobs.exceptions import JobsError
from jobs.messages import compose
from jobs.outbox import Outcome, Task

__all__ = ["MailDeliverer", "MailServer", "mail_deliverer_of"]

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mails are handed over."""

    host: str
    port: int
    is_tls: bool
    """TLS from the first byte (RFC 8314)."""
    is_starttls: bool
    """STARTTLS is asked for, and nothing is sent without it (RFC 3207)."""
    user: str
    password: str


class MailDeliverer:
    """The kind `email` of the outbox.

    One connection a message: messages are rare, and a server that closes idle connections never
    leaves us in doubt. Refused for good (5xx to the recipient or the message) is dead: the address
    is wrong, or the message is not wanted. A connection that is lost once the message was on its
    way leaves it unknown; before that it is tried again.
    """

    kind = "email"
    threads = 2
    can_ask = False

    def __init__(self, server: MailServer, sender: str, portal_url: str) -> None:
        self._server = server
        self._sender = sender
        self._portal_url = portal_url

    def deliver(self, task: Task) -> Outcome:
        """Hand the message over."""
        recipient = str(task.payload["to"])
        try:
            to = Address(_line(task.payload["full_name"]), addr_spec=recipient)
        except (MessageError, ValueError) as error:
            return Outcome("dead", f"this is no address to send e-mail to: {error}")
        message = self._compose(task, to)
        is_on_its_way = False
        try:
            with self._connect() as client:
                code, answer = client.mail(self._sender)
                if code != 250:
                    return _refusal(code, answer, is_final=False)
                code, answer = client.rcpt(recipient)
                if code not in (250, 251):
                    return _refusal(code, answer, is_final=code >= 500)
                is_on_its_way = True
                code, answer = client.data(message.as_bytes())
                if code != 250:
                    return _refusal(code, answer, is_final=code >= 500)
                return Outcome("delivered", _text(answer), code)
        except smtplib.SMTPDataError as error:
            # It was asked whether the message may come, and said no.
            return _refusal(error.smtp_code, error.smtp_error, is_final=error.smtp_code >= 500)
        except smtplib.SMTPResponseException as error:
            return _refusal(error.smtp_code, error.smtp_error, is_final=False)
        except UnicodeEncodeError:
            return Outcome("dead", "the address has letters that the server does not take")
        except (OSError, smtplib.SMTPException) as error:
            return Outcome("unknown" if is_on_its_way else "retry", f"{error}")

    def ask(self, task: Task) -> Outcome:
        """SMTP has no such question, so `can_ask` is false."""
        return Outcome("unknown", f"nobody can be asked about {task.key}")

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        client: smtplib.SMTP
        if server.is_tls:
            client = smtplib.SMTP_SSL(
                server.host, server.port, timeout=_TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
        try:
            client.ehlo_or_helo_if_needed()
            if server.is_starttls:
                client.starttls(context=ssl.create_default_context())
                client.ehlo_or_helo_if_needed()
            if server.user:
                client.login(server.user, server.password)
        except BaseException:
            client.close()
            raise
        return client

    def _compose(self, task: Task, to: Address) -> EmailMessage:
        words = compose(task.payload, portal_url=self._portal_url)
        domain = self._sender.rpartition("@")[2]
        message = EmailMessage()
        message["From"] = Address(_line(task.payload["from_name"]), addr_spec=self._sender)
        message["To"] = to
        if task.payload.get("reply_to"):
            message["Reply-To"] = task.payload["reply_to"]
        message["Subject"] = _line(words.subject)
        message["Date"] = formatdate()
        # The same at each try, so that whoever gets it twice can tell.
        message["Message-ID"] = f"<{sha256(task.key.encode()).hexdigest()[:32]}@{domain}>"
        # RFC 3834: nobody's holiday notice shall answer it.
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = task.payload["language"]
        message.set_content(words.body)
        for attachment in task.payload["attachments"]:
            _attach(message, attachment)
        return message


def mail_deliverer_of(environment: Mapping[str, str]) -> MailDeliverer | None:
    """Make the deliverer of VOLTARO_SMTP_URL; None without one: e-mails wait then.

    smtp://user:password@host:587 asks for STARTTLS, ?starttls=no goes without; smtps:// is TLS
    from the first byte. Raises JobsError when a setting is not what it should be.
    """
    text = environment.get("VOLTARO_SMTP_URL", "")
    if not text:
        return None
    sender = environment.get("VOLTARO_MAIL_FROM", "")
    if sender.count("@") != 1 or not sender.isascii() or any(c.isspace() for c in sender):
        raise JobsError("VOLTARO_MAIL_FROM has to be an e-mail address, like mail@example.org")
    try:
        url = urlsplit(text)
        server = _server_of(url)
    except ValueError as error:
        raise JobsError(f"VOLTARO_SMTP_URL: {error}") from error
    return MailDeliverer(server, sender, environment.get("VOLTARO_PORTAL_URL", ""))


def _server_of(url: SplitResult) -> MailServer:
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise ValueError("it has to be like smtp://user:password@host:587")
    options = parse_qs(url.query, strict_parsing=bool(url.query))
    starttls = options.pop("starttls", ["yes"])
    if options or starttls not in (["yes"], ["no"]):
        raise ValueError("the only option is starttls=yes or starttls=no")
    is_tls = url.scheme == "smtps"
    return MailServer(
        host=url.hostname,
        port=url.port or (465 if is_tls else 587),
        is_tls=is_tls,
        is_starttls=not is_tls and starttls == ["yes"],
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )


def _attach(message: EmailMessage, attachment: Mapping[str, Any]) -> None:
    maintype, _, subtype = str(attachment["content_type"]).partition("/")
    message.add_attachment(
        base64.b64decode(attachment["content"]),
        maintype=maintype,
        subtype=subtype or "octet-stream",
        filename=attachment["file_name"],
    )


def _refusal(code: int, answer: bytes | str, *, is_final: bool) -> Outcome:
    return Outcome("dead" if is_final else "retry", _text(answer), code)


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _line(text: str) -> str:
    """Make one line of a text: a line break would begin another header."""
    return " ".join(text.split())
