"""A small stand-in for Stripe: real HTTP, idempotency keys, lost replies, signed events.

It keeps what it was asked to do (`intents`, `sessions`, `refunds`, by id) and counts how often
(`made`), so that a test can say that something was done once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["StripeServer", "running_stripe", "sign"]

Entry = dict[str, Any]

_PATH = re.compile(r"^/v1/(payment_intents|checkout/sessions|refunds|balance)(?:/([a-z]+_\w+))?$")


def sign(body: str, secret: str, *, at: float | None = None) -> str:
    """The header Stripe-Signature of an event."""
    moment = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest},v0=00"


class StripeServer:
    """What it was asked to do, and how it is to misbehave."""

    def __init__(self) -> None:
        self.url = ""
        self.intents: dict[str, Entry] = {}
        self.sessions: dict[str, Entry] = {}
        self.refunds: dict[str, Entry] = {}
        self.made = 1000
        self.keys: list[str] = []
        """Idempotency keys in the order of the calls."""
        self.replies_to_lose = 0
        """So many calls are carried out, and their replies lost."""
        self.calls_to_lose = 0
        """So many calls are lost before they are carried out."""
        self.declines = False
        self.held = 0
        self._replies: dict[str, tuple[str, int, Entry]] = {}
        self._lock = threading.Lock()

    def handle(self, method: str, path: str, fields: Entry, key: str | None) -> tuple[int, Entry]:
        """Answer a request; a key that was seen before gets the answer of then."""
        with self._lock:
            if method == "POST" and key is not None:
                self.keys.append(key)
                asked = json.dumps([path, fields], sort_keys=True)
                if key in self._replies:
                    before, status, reply = self._replies[key]
                    if before != asked:
                        return 400, _error("idempotency_error", "the key was used otherwise")
                    return status, reply
                status, reply = self._make(path, fields)
                self._replies[key] = (asked, status, reply)
                return status, reply
            return self._find(path, fields)

    def pay(self, session_id: str, *, card: str = "4242") -> Entry:
        """The customer pays on the page; returns the intent."""
        with self._lock:
            session = self.sessions[session_id]
            wanted = session["asked"]["payment_intent_data"]
            intent = self._intent(
                int(session["amount_total"]),
                session["currency"],
                wanted["metadata"],
                customer="cus_new" if "setup_future_usage" in wanted else None,
                card=card,
            )
            session |= {
                "status": "complete",
                "payment_status": "paid",
                "url": None,
                "payment_intent": intent["id"],
            }
            return intent

    def event(self, type_: str, entry: Entry) -> str:
        """The body of an event."""
        named = {"id": f"evt_{self._next()}", "object": "event", "type": type_}
        # Stripe's events are pretty-printed: what is signed is the body as it is.
        return json.dumps(named | {"data": {"object": _plain(entry)}}, indent=2)

    def _next(self) -> int:
        self.made += 1
        return self.made

    def _make(self, path: str, fields: Entry) -> tuple[int, Entry]:
        if path == "/v1/payment_intents":
            if self.declines:
                reason = {"message": "Your card was declined.", "code": "card_declined"}
                return 402, {"error": {"type": "card_error", **reason}}
            intent = self._intent(
                int(fields["amount"]),
                fields["currency"],
                fields["metadata"],
                customer=fields["customer"],
                card="4242",
            )
            return 200, intent
        if path == "/v1/checkout/sessions":
            id_ = f"cs_{self._next()}"
            price = fields["line_items"]["0"]["price_data"]
            self.sessions[id_] = {
                "id": id_,
                "object": "checkout.session",
                "status": "open",
                "payment_status": "unpaid",
                "url": f"https://checkout.example/{id_}",
                "amount_total": int(price["unit_amount"]),
                "currency": price["currency"],
                "metadata": fields["metadata"],
                "payment_intent": None,
                "created": int(time.time()),
                "asked": fields,
            }
            return 200, _plain(self.sessions[id_])
        intent = self.intents[fields["payment_intent"]]
        id_ = f"re_{self._next()}"
        self.refunds[id_] = {
            "id": id_,
            "object": "refund",
            "status": "succeeded",
            "amount": int(fields["amount"]),
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": fields["metadata"],
            "created": int(time.time()),
        }
        self.held -= int(fields["amount"])
        return 200, self.refunds[id_]

    def _intent(
        self, amount: int, currency: str, metadata: Entry, *, customer: str | None, card: str
    ) -> Entry:
        id_ = f"pi_{self._next()}"
        fee = 25 + amount * 15 // 1000
        self.intents[id_] = {
            "id": id_,
            "object": "payment_intent",
            "status": "succeeded",
            "amount": amount,
            "amount_received": amount,
            "currency": currency,
            "metadata": metadata,
            "customer": customer,
            "payment_method": f"pm_{id_}",
            "created": int(time.time()),
            "latest_charge": {
                "id": f"ch_{id_}",
                "object": "charge",
                "payment_method_details": {
                    "card": {"brand": "visa", "last4": card, "exp_month": 12, "exp_year": 2031}
                },
                "balance_transaction": {
                    "id": f"txn_{id_}",
                    "object": "balance_transaction",
                    "fee": fee,
                    "currency": currency,
                },
            },
        }
        self.held += amount - fee
        return self.intents[id_]

    def _find(self, path: str, fields: Entry) -> tuple[int, Entry]:
        found = _PATH.match(path)
        if found is None:
            return 404, _error("invalid_request_error", f"there is no {path}")
        kind, id_ = found.groups()
        if kind == "balance":
            held = [{"amount": self.held - 100, "currency": "eur"}]
            on_its_way = [{"amount": 100, "currency": "eur"}]
            return 200, {"object": "balance", "available": held, "pending": on_its_way}
        entries = {
            "payment_intents": self.intents,
            "checkout/sessions": self.sessions,
            "refunds": self.refunds,
        }[kind]
        if id_ is None:
            matching = [
                _plain(entry)
                for entry in reversed(entries.values())
                if all(
                    entry.get(name) == fields[name]
                    for name in ("customer", "payment_intent")
                    if name in fields
                )
            ]
            return 200, {"object": "list", "data": matching, "has_more": False, "url": path}
        entry = entries.get(id_)
        if entry is None:
            return 404, _error("invalid_request_error", f"there is no {id_}")
        if entry["object"] == "checkout.session" and entry["payment_intent"]:
            return 200, _plain(entry) | {"payment_intent": self.intents[entry["payment_intent"]]}
        return 200, entry if "expand" in fields else _plain(entry)


def _plain(entry: Entry) -> Entry:
    """As Stripe shows it when nothing is to be expanded."""
    plain = {name: value for name, value in entry.items() if name != "asked"}
    if isinstance(plain.get("latest_charge"), dict):
        plain["latest_charge"] = plain["latest_charge"]["id"]
    return plain


def _error(type_: str, message: str) -> Entry:
    return {"error": {"type": type_, "message": message}}


def _nest(pairs: list[tuple[str, str]]) -> Entry:
    """`a[b][0]=c` as dictionaries."""
    nested: Entry = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name)
        place = nested
        for part in [first, *rest][:-1]:
            place = place.setdefault(part, {})
        place[[first, *rest][-1]] = value
    return nested


@contextmanager
def running_stripe() -> Iterator[StripeServer]:
    """A stand-in on a free port of this machine."""
    stripe = StripeServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
            """Say nothing."""

        def do_GET(self) -> None:
            """Questions."""
            parts = urlsplit(self.path)
            self._answer("GET", parts.path, _nest(parse_qsl(parts.query)))

        def do_POST(self) -> None:
            """Effects."""
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if stripe.calls_to_lose > 0:
                stripe.calls_to_lose -= 1
                self.close_connection = True
                return
            self._answer("POST", urlsplit(self.path).path, _nest(parse_qsl(body)))

        def _answer(self, method: str, path: str, fields: Entry) -> None:
            status, entry = stripe.handle(method, path, fields, self.headers.get("Idempotency-Key"))
            if method == "POST" and stripe.replies_to_lose > 0:
                stripe.replies_to_lose -= 1
                self.close_connection = True
                return
            answer = json.dumps(entry).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    stripe.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stripe
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
