"""Commands end to end: PostgREST, database and bridge, and chargers that answer by a script.

A test asks the API as a person, a charger in a thread of its own answers over its real socket,
and the test reads the command back:

    def test_reset(command_stack: CommandStack) -> None:
        with command_stack.charger("CMD-1", {"Reset": {"status": "Accepted"}}) as charger:
            (command,) = command_stack.send("reset", charge_point="CMD-1", type="Soft")
            assert command_stack.finished(command["id"])["state"] == "accepted"
            assert charger.asked("Reset") == [{"type": "Soft"}]

The fixture `command_stack` (tests/e2e/conftest.py) is shared by the tests of a module: give each
test a charge point of its own, which `charger` makes when there is none of that identity.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

import httpx

from bridge.schemas import Schemas
from db.connection import Connection, connect
from tests.charger import Boot, Charger, Refusal
from tests.e2e.accounts import Account, add_chargers
from tests.support.calls import key_of
from tests.support.databases import Database
from tests.support.people import People
from tests.support.processes import RunningBridge, RunningPart, wait_until

__all__ = ["TENANT_ID", "CommandStack", "Replies", "Reply", "ScriptedCharger"]

TENANT_ID = 101
"""Greenway, whose charge points and people the tests use."""

FINAL = {"accepted", "rejected", "error", "unknown", "expired", "cancelled"}
_TIMEOUT_S = 20.0

Json = dict[str, Any]
Reply = Json | Refusal | None | Callable[[Json], Json | Refusal | None]
"""What a charger answers: a payload, a CALLERROR, nothing at all, or a function of what is asked.
A function runs in the charger's own thread and must not wait for the charger."""
Replies = Mapping[str, Reply]
T = TypeVar("T")


class ScriptedCharger:
    """A charge point on a real socket, in a thread of its own, that answers CALLs by a script.

    Whatever the central system sends is checked against the schema of its action; a violation is
    in `violations`, which leaving `CommandStack.charger` asserts to be empty.
    """

    def __init__(self, url: str, account: Account, replies: Replies) -> None:
        self.account = account
        self.replies: dict[str, Reply] = dict(replies)
        """By action, changeable at any time; an action that is missing: NotImplemented."""
        self.calls: list[tuple[str, Json]] = []
        """What the central system has asked, in order."""
        self.violations: list[str] = []
        self._schemas = Schemas("1.6")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._charger = Charger(url, account.identity, account.key, on_call=self._reply)

    def connect(self) -> None:
        """Open a socket; an open one is closed first."""
        self.run(self._charger.connect())

    def disconnect(self) -> None:
        """Close the socket in good order."""
        self.run(self._charger.close())

    def abort(self) -> None:
        """Lose the socket without a word."""
        self._loop.call_soon_threadsafe(self._charger.abort)

    def boot(self, **fields: str) -> Boot:
        """Send BootNotification, after which the link is settled."""
        return self.run(self._charger.boot(**fields))

    def call(self, action: str, payload: Json) -> Json:
        """Send a CALL of the charger's own and return the payload of the answer."""
        return self.run(self._charger.call(action, payload))

    def asked(self, action: str) -> list[Json]:
        """The payloads of the CALLs with this action that came so far."""
        return [payload for name, payload in self.calls if name == action]

    def await_call(self, action: str, count: int = 1) -> Json:
        """Wait for the `count`-th CALL with this action and return its payload."""
        wait_until(
            lambda: len(self.asked(action)) >= count,
            what=f"{action} reaches {self.account.identity}",
            timeout_s=_TIMEOUT_S,
        )
        return self.asked(action)[count - 1]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the charger's thread and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * _TIMEOUT_S)

    def end(self) -> None:
        """Close the socket and end the thread."""
        self.disconnect()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_TIMEOUT_S)
        self._loop.close()

    def _reply(self, action: str, payload: Json) -> Json | Refusal | None:
        for violation in self._schemas.request_violations(action, json.dumps(payload)):
            self.violations.append(f"{action}: {violation}")
        self.calls.append((action, payload))
        if action not in self.replies:
            return Refusal("NotImplemented", "no reply in the script")
        reply = self.replies[action]
        return reply(payload) if callable(reply) else reply


class CommandStack:
    """Database, PostgREST and bridge, and who asks them."""

    def __init__(
        self, database: Database, postgrest: RunningPart, bridge: RunningBridge, people: People
    ) -> None:
        self.database = database
        self.postgrest = postgrest
        self.bridge = bridge
        self.people = people
        self._accounts: dict[str, Account] = {}

    @contextlib.contextmanager
    def owner(self) -> Iterator[Connection]:
        """Connect as voltaro_owner, who is above row-level security, to arrange and to look."""
        with connect(self.database.owner_url, owner=True) as connection:
            yield connection

    def account(self, identity: str) -> Account:
        """The charge point of greenway with this identity: made, with a key, when it is new."""
        if identity not in self._accounts:
            with self.owner() as owner:
                (account,) = add_chargers(owner, TENANT_ID, [identity])
            self._accounts[identity] = account
        return self._accounts[identity]

    @contextlib.contextmanager
    def charger(
        self, identity: str, replies: Replies | None = None, *, boots: bool = True
    ) -> Iterator[ScriptedCharger]:
        """Connect a charge point that answers by `replies`; without `boots` it stays silent."""
        charger = ScriptedCharger(self.bridge.url, self.account(identity), replies or {})
        try:
            charger.connect()
            if boots:
                assert charger.boot().status == "Accepted"
            yield charger
        finally:
            charger.end()
        assert charger.violations == []

    def ask(
        self, function: str, *, by: str = "greenway.operator", **arguments: Any
    ) -> httpx.Response:
        """Call a function of the API as a persona and return the answer, whatever it is."""
        return self.people[by].post(f"/rpc/{function}", json=arguments)

    def send(self, function: str, *, by: str = "greenway.operator", **arguments: Any) -> list[Json]:
        """Call a function that queues commands, which must succeed; return their rows."""
        answer = self.ask(function, by=by, **arguments)
        assert answer.status_code == 200, answer.text
        rows: list[Json] = answer.json()
        return rows

    def refusal(
        self, function: str, *, by: str = "greenway.operator", **arguments: Any
    ) -> tuple[int, str]:
        """Call a function that must refuse; return the status and the stable key."""
        answer = self.ask(function, by=by, **arguments)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, key_of(answer)

    def read(self, path: str, *, by: str = "greenway.operator") -> list[Json]:
        """Read a relation, e.g. "/commands?id=eq.1"."""
        answer = self.people[by].get(path)
        assert answer.status_code == 200, answer.text
        rows: list[Json] = answer.json()
        return rows

    def command(self, command_id: int, *, by: str = "greenway.operator") -> Json:
        """A command as the API shows it now."""
        (row,) = self.read(f"/commands?id=eq.{command_id}", by=by)
        return row

    def finished(
        self, command_id: int, *, by: str = "greenway.operator", timeout_s: float = _TIMEOUT_S
    ) -> Json:
        """Wait until a command is in a final state and return it."""
        deadline = time.monotonic() + timeout_s
        while (row := self.command(command_id, by=by))["state"] not in FINAL:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the command is still {row['state']}: {row}\n{self.bridge_log()}"
                )
            time.sleep(0.02)
        return row

    def bridge_log(self) -> str:
        """The end of what the bridge has written."""
        return self.bridge.log.read_text(errors="replace")[-3000:]
