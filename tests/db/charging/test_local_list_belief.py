"""What we are certain of in a local list is what a charger has, after any sequence of changes and
answers: lost, late, refused, cancelled, expired."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.databases import Database

Json = dict[str, Any]
Connection = psycopg.Connection[tuple[Any, ...]]

BRIDGE = "00000000-0000-4000-b000-000000000001"
TOKENS = ("GWTOKEN1", "GWTOKEN3", "Card4", "CARD5", "card6")
# What the charger takes at once, and in all.
CHUNK, LENGTH = 2, 5
# What becomes of the next command; None leaves it waiting.
FATES = st.sampled_from(
    ["answered"] * 4 + ["late"] * 3 + ["failed", "wiped", "lost", "unsent", None]
)


class Charger:
    """A local list as OCPP 1.6 §5.10 and §5.15 have it; somebody else wrote into it before."""

    def __init__(self) -> None:
        self.version = 3
        self.entries = {"stranger": "Accepted"}

    def answer(self, action: str, payload: Json) -> Json:
        """Carry a command out."""
        if action == "GetLocalListVersion":
            return {"listVersion": self.version if self.entries else 0}
        if payload["updateType"] == "Full":
            self.entries = {}
        elif payload["listVersion"] <= self.version:
            return {"status": "VersionMismatch"}
        for entry in payload.get("localAuthorizationList", []):
            key = entry["idTag"].lower()
            self.entries.pop(key, None)
            if "idTagInfo" in entry:
                self.entries[key] = entry["idTagInfo"]["status"]
        self.version = payload["listVersion"]
        return {"status": "Accepted"}


class Belief(RuleBasedStateMachine):
    """An operator, a charger and a line between them that loses and delays."""

    connection: Connection

    def __init__(self) -> None:
        super().__init__()
        self.charger = Charger()
        self.late: list[tuple[str, Json]] = []
        self.was_certain = False
        self._as("select tests.act_as_owner()")
        self._run(
            "insert into core.id_tokens (tenant_id, id, id_token) overriding system value"
            " select 101, 500 + n.no, n.token"
            " from unnest(%s::text[]) with ordinality as n (token, no)",
            [list(TOKENS[2:])],
        )
        self._run(
            "insert into core.configuration_keys"
            " (tenant_id, charge_point_id, key, value, reported_at)"
            " values (101, 1001, 'SendLocalListMaxLength', %s, now()),"
            " (101, 1001, 'LocalAuthListMaxLength', %s, now())",
            [str(CHUNK), str(LENGTH)],
        )

    def teardown(self) -> None:
        """Leave the database as it was."""
        self.connection.rollback()

    def _run(self, query: Any, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def _as(self, query: Any) -> None:
        self._run("select tests.reset()")
        self._run(query)

    def _ask(self, query: Any, values: list[Any] | None = None) -> bool:
        """Ask as an operator; false when it is refused."""
        self._as("select tests.act_as('greenway.operator')")
        try:
            with self.connection.transaction():
                self._run(query, values)
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith("PT"):
                raise
            return False
        return True

    def _finish(self, message_id: str, outcome: str, answer: Json | None) -> None:
        self._as("select tests.act_as_login('bridge')")
        self._run(
            "select ocpp.finish_commands(array[1001]::bigint[], %s, %s, %s, array[null],"
            " array[null], array[null], array[clock_timestamp()])",
            [[message_id], [outcome], [None if answer is None else json.dumps(answer)]],
        )

    @rule(token=st.sampled_from(TOKENS), is_blocked=st.booleans())
    def change_a_token(self, token: str, is_blocked: bool) -> None:
        """A card is blocked or let in again."""
        self._as("select tests.act_as_owner()")
        self._run(
            "update core.id_tokens set is_blocked = %s where tenant_id = 101 and id_token = %s",
            [is_blocked, token],
        )

    @rule(
        update_type=st.sampled_from(["automatic", "automatic", "full", "differential"]),
        fate=FATES,
    )
    def send(self, update_type: str, fate: str | None) -> None:
        """Every token that may charge there."""
        self._ask("select api.send_local_list('GW-CP-1', %s)", [update_type])
        self.deliver(fate)

    @rule(
        update_type=st.sampled_from(["automatic", "full", "differential"]),
        entries=st.dictionaries(st.sampled_from(TOKENS), st.booleans(), max_size=4),
        fate=FATES,
    )
    def send_entries(self, update_type: str, entries: dict[str, bool], fate: str | None) -> None:
        """What an operator names."""
        named = [
            {"id_token": token.swapcase(), "remove": True}
            if is_removed and update_type == "differential"
            else {"id_token": token, "status": "Blocked" if is_removed else "Accepted"}
            for token, is_removed in entries.items()
        ]
        self._ask("select api.send_local_list('GW-CP-1', %s, %s)", [update_type, json.dumps(named)])
        self.deliver(fate)

    @rule(fate=FATES)
    def ask_for_the_version(self, fate: str | None) -> None:
        """It may be another than ours."""
        self._ask("select api.get_local_list_version('GW-CP-1')")
        self.deliver(fate)

    @rule(newest=st.booleans())
    def cancel(self, newest: bool) -> None:
        """A command that waits is taken back."""
        self._ask(
            "select api.cancel_command((select case when %s then max(c.id) else min(c.id) end"
            " from api.commands as c where c.charge_point_id = 1001 and c.state = 'queued'))",
            [newest],
        )

    @rule()
    def expire(self) -> None:
        """The oldest command that waits is too old."""
        self._as("select tests.act_as_owner()")
        self._run(
            "update ops.commands set expires_at = now() - interval '1 minute' where id ="
            " (select min(c.id) from ops.commands as c"
            " where c.charge_point_id = 1001 and c.state = 'queued')"
        )
        self._as("select tests.act_as_login('jobs')")
        self._run("select jobs.expire_commands()")

    @rule(fate=FATES)
    def deliver(self, fate: str | None) -> None:
        """The next command reaches the charger, or does not."""
        if fate is None:
            return
        self._as("select tests.act_as_login('bridge')")
        taken = self._run(
            "select message_id, action, payload from ocpp.take_commands(%s, array[1001]::bigint[])",
            [BRIDGE],
        )
        if not taken:
            return
        message_id, action, text = taken[0]
        if fate in ("lost", "unsent"):
            self._finish(message_id, "timeout" if fate == "lost" else "unsent", None)
            return
        if fate in ("failed", "wiped") and action == "SendLocalList":
            if fate == "wiped":
                self.charger.entries = {}
            answer: Json = {"status": "Failed"}
        else:
            answer = self.charger.answer(action, json.loads(text))
        if fate == "late":
            self._finish(message_id, "timeout", None)
            self.late.append((message_id, answer))
        else:
            self._finish(message_id, "result", answer)

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def answer_late(self, data: st.DataObject) -> None:
        """An answer arrives after its time, in any order."""
        message_id, answer = self.late.pop(data.draw(st.integers(0, len(self.late) - 1)))
        self._finish(message_id, "result", answer)

    @invariant()
    def what_is_certain_is_true(self) -> None:
        """Nothing is in flight between two steps, so that the charger has what we believe."""
        self._as("select tests.act_as('greenway.operator')")
        rows = self._run(
            "select l.version, l.is_certain from api.local_lists as l"
            " where l.charge_point_id = 1001"
        )
        if not rows or not rows[0][1]:
            return
        entries = self._run(
            "select e.id_token_key, e.status from api.local_list_entries as e"
            " where e.charge_point_id = 1001"
        )
        assert dict(entries) == self.charger.entries
        assert rows[0][0] == self.charger.version or (rows[0][0], entries) == (0, [])


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A superuser who becomes whoever acts."""
    with psycopg.connect(database.superuser_url) as opened:
        yield opened


def test_what_is_certain_of_a_local_list_is_true(connection: Connection) -> None:
    """Over sequences of changes of tokens, updates, and answers of every kind."""
    Belief.connection = connection
    run_state_machine_as_test(
        Belief,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
