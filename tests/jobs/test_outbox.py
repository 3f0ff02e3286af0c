"""The outbox: each effect once with two runners, unknown when one is killed, asked for."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.settings import ROOT
from jobs.outbox import Outbox, Outcome, Task
from tests.support.databases import Database
from tests.support.processes import running, wait_until

Owner = psycopg.Connection[tuple[Any, ...]]


class Recorder:
    """A deliverer that keeps what it was called with and answers as it is told."""

    kind = "parcel"
    threads = 1

    def __init__(self, *outcomes: Outcome | Exception, can_ask: bool = False) -> None:
        self.can_ask = can_ask
        self.calls: list[tuple[str, Task]] = []
        self._outcomes = iter(outcomes)

    def deliver(self, task: Task) -> Outcome:
        """As the next outcome says; delivered when there is none left."""
        return self._next("deliver", task)

    def ask(self, task: Task) -> Outcome:
        """The same."""
        return self._next("ask", task)

    def _next(self, name: str, task: Task) -> Outcome:
        self.calls.append((name, task))
        outcome = next(self._outcomes, Outcome("delivered"))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def owner(database: Database) -> Iterator[Owner]:
    """A connection as the owner; parcels are tried again soon."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("set role voltaro_owner")
        connection.execute(
            "insert into ops.outbox_kinds (kind, max_attempts, first_delay, longest_delay, lease,"
            " description) values ('parcel', 3, '1 second', '1 second', '10 seconds', 'a test')"
        )
        yield connection


def put(owner: Owner, key: str, ordering_key: str | None = None) -> int:
    """Ask for an effect; its number."""
    row = owner.execute(
        "select notify.put_outbox(101, 'parcel', %s, '{\"to\": \"you\"}', %s)", [key, ordering_key]
    ).fetchone()
    assert row is not None
    return int(row[0])


def state(owner: Owner, key: str) -> str:
    """How far an effect is."""
    row = owner.execute("select state from ops.outbox where idempotency_key = %s", [key]).fetchone()
    assert row is not None
    return str(row[0])


def drain(database: Database, deliverer: Recorder) -> None:
    """Deliver what is due, as a thread of the runner does, until nothing is."""
    stop = threading.Event()
    outbox = Outbox(database.jobs_url, stop, deliverer)
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        while outbox._run_one(connection):
            pass


def make_due(owner: Owner) -> None:
    """Wait no longer."""
    owner.execute(
        "update ops.outbox set next_attempt_at = now() where state in ('waiting', 'unknown')"
    )


def test_an_effect_is_delivered_once_with_its_key_and_payload(
    database: Database, owner: Owner
) -> None:
    assert put(owner, "a") == put(owner, "a")
    deliverer = Recorder()
    drain(database, deliverer)
    drain(database, deliverer)
    ((name, task),) = deliverer.calls
    assert (name, task.key, task.payload, task.tenant_id) == ("deliver", "a", {"to": "you"}, 101)
    assert state(owner, "a") == "delivered"


def test_what_fails_is_tried_later_and_then_given_up(database: Database, owner: Owner) -> None:
    put(owner, "a")
    deliverer = Recorder(*[Outcome("retry", "closed", 503)] * 3)
    for expected in ("waiting", "waiting", "dead"):
        drain(database, deliverer)
        assert state(owner, "a") == expected
        make_due(owner)
    assert len(deliverer.calls) == 3
    assert owner.execute(
        "select type, data ->> 'error' from core.events where type = 'outbox.dead'"
    ).fetchall() == [("outbox.dead", "closed")]


@pytest.mark.parametrize("outcome", [Outcome("unknown", "silence"), ValueError("in the middle")])
def test_an_unknown_outcome_is_not_repeated(
    database: Database, owner: Owner, outcome: Outcome | Exception
) -> None:
    """Nobody can be asked: it waits for a person, however long that takes."""
    put(owner, "a")
    deliverer = Recorder(outcome)
    for _ in range(3):
        drain(database, deliverer)
        make_due(owner)
    assert len(deliverer.calls) == 1
    assert state(owner, "a") == "unknown"


def test_an_unknown_outcome_is_asked_for(database: Database, owner: Owner) -> None:
    """Still unknown, then not there at all: only then is it done again, with the same key."""
    put(owner, "a")
    deliverer = Recorder(
        Outcome("unknown"), Outcome("unknown"), Outcome("retry", "never heard of it"), can_ask=True
    )
    for _ in range(4):
        make_due(owner)
        drain(database, deliverer)
    assert [name for name, _ in deliverer.calls] == ["deliver", "ask", "ask", "deliver"]
    assert {task.key for _, task in deliverer.calls} == {"a"}
    assert [task.number for _, task in deliverer.calls] == [1, 2, 3, 4]
    assert state(owner, "a") == "delivered"


def test_those_of_one_order_go_one_after_the_other(database: Database, owner: Owner) -> None:
    for key in ("a1", "a2", "b1"):
        put(owner, key, key[0])
    deliverer = Recorder(Outcome("retry"))
    drain(database, deliverer)
    assert [task.key for _, task in deliverer.calls] == ["a1", "b1"]
    make_due(owner)
    drain(database, deliverer)
    assert [task.key for _, task in deliverer.calls] == ["a1", "b1", "a1", "a2"]


def test_what_cannot_be_kept_is_unknown(database: Database, owner: Owner) -> None:
    """The call was made, and what follows from it fails: once it is unknown, a person looks."""
    owner.execute(
        "create function jobs.settle_parcel(p_outbox ops.outbox, p_result jsonb) returns void"
        " language plpgsql as $$ begin perform 1 / (p_outbox.state <> 'delivered')::integer;"
        " end $$"
    )
    put(owner, "a")
    drain(database, Recorder())
    assert state(owner, "a") == "unknown"


def test_what_cannot_be_prepared_is_no_obstacle(database: Database, owner: Owner) -> None:
    owner.execute(
        "create function jobs.prepare_parcel(p_outbox ops.outbox) returns jsonb language plpgsql"
        " as $$ begin return case p_outbox.idempotency_key when 'c' then null"
        " else jsonb_build_object('n', 1 / (p_outbox.idempotency_key <> 'a')::integer) end; end $$"
    )
    for key in ("a", "b", "c"):
        put(owner, key)
    deliverer = Recorder()
    drain(database, deliverer)
    assert [(task.key, task.payload) for _, task in deliverer.calls] == [("b", {"n": 1})]
    assert [state(owner, key) for key in ("a", "b", "c")] == ["waiting", "delivered", "dead"]


def test_what_came_of_a_call_is_told_to_the_next_connection(
    database: Database, owner: Owner
) -> None:
    """The database goes away during the call: it is not made again, and is told as delivered."""
    put(owner, "a")
    deliverer = Recorder()
    outbox = Outbox(database.jobs_url, threading.Event(), deliverer)

    class Closing(Recorder):
        def deliver(self, task: Task) -> Outcome:
            connection.close()
            return deliverer.deliver(task)

    outbox._deliverer = Closing()
    with (
        psycopg.connect(database.jobs_url, autocommit=True) as connection,
        pytest.raises(psycopg.OperationalError),
    ):
        outbox._run_one(connection)
    assert state(owner, "a") == "running"
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        assert not outbox._run_one(connection)
    assert state(owner, "a") == "delivered"
    assert len(deliverer.calls) == 1


def test_two_runners_do_everything_once(database: Database, owner: Owner) -> None:
    """Four connections at 200 effects of 20 orders: each is delivered once, in its order."""
    for number in range(200):
        put(owner, f"{number:03}", f"order {number % 20}")
    deliverers = [Recorder() for _ in range(4)]
    barrier = threading.Barrier(4)

    def work(deliverer: Recorder) -> None:
        barrier.wait()
        while state_count(database, "delivered") < 200:
            drain(database, deliverer)

    threads = [threading.Thread(target=work, args=(deliverer,)) for deliverer in deliverers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    keys = [task.key for deliverer in deliverers for _, task in deliverer.calls]
    assert sorted(keys) == [f"{number:03}" for number in range(200)]
    wrong = owner.execute(
        "select count(*) from ops.outbox as a join ops.outbox as b"
        " on b.ordering_key = a.ordering_key and b.id > a.id and b.delivered_at < a.delivered_at"
    ).fetchone()
    assert wrong == (0,)


def state_count(database: Database, wanted: str) -> int:
    """How many effects are in a state."""
    with psycopg.connect(database.superuser_url) as connection:
        row = connection.execute(
            "select count(*) from ops.outbox where kind = 'parcel' and state = %s", [wanted]
        ).fetchone()
    assert row is not None
    return int(row[0])


_HANGING = textwrap.dedent(
    """
    import sys, threading, time
    from jobs.outbox import Outbox, Outcome

    class Hanging:
        kind, threads, can_ask = "parcel", 1, False
        def deliver(self, task):
            open(sys.argv[2], "a").write(task.key)
            time.sleep(3600)
        ask = deliver

    Outbox(sys.argv[1], threading.Event(), Hanging()).run()
    """
)


def test_a_runner_killed_in_the_middle_of_a_call_leaves_it_unknown(
    database: Database, owner: Owner, tmp_path: Path
) -> None:
    """kill -9 after the call was begun: it is not made again, and shows that nobody knows."""
    put(owner, "a")
    called = tmp_path / "called"
    command = [sys.executable, "-c", _HANGING, database.jobs_url, str(called)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with running(command, environment, log=tmp_path / "log") as process:
        wait_until(called.exists, what="the call")
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    with psycopg.connect(database.jobs_url, autocommit=True) as connection:
        # Within its lease it may yet be under way.
        connection.execute("select jobs.tend_outbox()")
        assert state(owner, "a") == "running"
        owner.execute(
            "update ops.outbox set taken_at = now() - interval '11 seconds' where state = 'running'"
        )
        assert connection.execute("select jobs.tend_outbox()").fetchone() == (
            "1 calls without an outcome",
        )
    make_due(owner)
    drain(database, deliverer := Recorder())
    assert deliverer.calls == []
    assert state(owner, "a") == "unknown"
    assert called.read_text() == "a"
