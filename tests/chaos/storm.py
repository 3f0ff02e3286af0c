"""Chargers at work, and what must hold when they are done: shared by the tests of this folder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.chaos.scale import SCALE
from tests.e2e.accounts import Account, add_chargers, add_tenant
from tests.e2e.installation import Installation
from tests.e2e.retrying import Ledger, RetryingCharger

__all__ = ["Outcome", "Storm", "assert_nothing_is_lost", "check", "make_accounts", "storm"]

_FINISH_TIMEOUT_S = 90.0
_SLICE = 5000


class Storm:
    """Chargers at work, in the background of a test."""

    def __init__(
        self, url: str, accounts: Sequence[Account], *, answer_timeout_s: float = 10.0
    ) -> None:
        """Chargers of `accounts` connect to `url`; an answer later than the time-out is lost."""
        self.ledger = Ledger()
        self._finish = asyncio.Event()
        self._chargers = [
            RetryingCharger(url, account, self.ledger, answer_timeout_s=answer_timeout_s)
            for account in accounts
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Set all chargers to work: every third runs short sessions, the others a long one."""
        for number, charger in enumerate(self._chargers):
            work = self._run_short(charger) if number % 3 == 0 else self._run_long(charger)
            self._tasks.append(asyncio.create_task(work))

    async def wait_for_more(self, count: int, *, timeout_s: float = 60.0) -> None:
        """Wait until `count` more messages are acknowledged, or raise what a charger raised."""
        waiting = asyncio.create_task(self.ledger.wait_for_more(count, timeout_s=timeout_s))
        await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            for task in self._tasks:
                if task.done():
                    await task
        await waiting

    async def finish(self) -> None:
        """Let every charger come to the end of its session."""
        self._finish.set()
        async with asyncio.timeout(_FINISH_TIMEOUT_S):
            await asyncio.gather(*self._tasks)

    async def abandon(self) -> None:
        """Stop whatever still runs and close the sockets."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for charger in self._chargers:
            await charger.close()

    async def _run_long(self, charger: RetryingCharger) -> None:
        await charger.charge(
            started_at=datetime.now(UTC) - timedelta(days=2),
            meter_start_wh=5_000_000,
            least_readings=3,
            stop=self._finish,
        )

    async def _run_short(self, charger: RetryingCharger) -> None:
        at_once = asyncio.Event()
        at_once.set()
        began = datetime.now(UTC) - timedelta(days=20)
        number = 0
        while not self._finish.is_set():
            await charger.charge(
                started_at=began + timedelta(minutes=number),
                meter_start_wh=1_000_000 + 100 * number,
                least_readings=2,
                stop=at_once,
            )
            number += 1


def make_accounts(
    installation: Installation, slug: str, count: int = SCALE.chargers
) -> list[Account]:
    """Make charge points of two tenants, named after `slug`."""
    accounts = []
    with installation.owner() as owner:
        for name in (f"{slug}-a", f"{slug}-b"):
            tenant_id = add_tenant(owner, name)
            identities = [f"{name}-{number:04}" for number in range(count // 2)]
            accounts += add_chargers(owner, tenant_id, identities)
    return accounts


@contextlib.asynccontextmanager
async def storm(
    url: str, accounts: Sequence[Account], *, answer_timeout_s: float = 10.0
) -> AsyncIterator[Storm]:
    """Chargers at work for as long as the context lasts."""
    running = Storm(url, accounts, answer_timeout_s=answer_timeout_s)
    running.begin()
    try:
        yield running
    finally:
        await running.abandon()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test prints of itself."""

    sessions: int
    """Physical ones."""
    messages: int
    """Acknowledged."""
    lost: int
    """Acknowledged, but not in the log with an answer."""
    duplicated: int
    """Rows for physical sessions beyond the first."""
    recovery_p99_s: float
    """From the first loss of a charger to its next acknowledgement."""

    def __str__(self) -> str:
        return (
            f"{self.sessions} sessions simulated, {self.messages} messages acknowledged, "
            f"{self.lost} lost, {self.duplicated} sessions duplicated, "
            f"recovery p99 {self.recovery_p99_s:.2f} s"
        )


def check(
    installation: Installation,
    ledger: Ledger,
    record_property: Callable[[str, object], None],
    *,
    least_losses: int = 1,
) -> Outcome:
    """Assert that nothing was lost or doubled, and record the outcome for the summary.

    `least_losses` is how often chargers must have been left without an answer, or the fault
    was none.
    """
    assert ledger.losses >= least_losses, "the fault interrupted nothing"
    recoveries = sorted(ledger.recoveries_s)
    outcome = Outcome(
        sessions=len(ledger.sessions),
        messages=len(ledger.acknowledged),
        lost=len(_missing(installation, ledger)),
        duplicated=_count_sessions(installation, ledger) - len(ledger.sessions),
        recovery_p99_s=recoveries[int(0.99 * len(recoveries))] if recoveries else 0.0,
    )
    record_property("chaos", str(outcome))
    assert_nothing_is_lost(installation, ledger)
    _assert_sessions_are_right(installation, ledger)
    return outcome


def assert_nothing_is_lost(installation: Installation, ledger: Ledger) -> None:
    """Every acknowledged message stands in the log, with its answer; none failed."""
    with installation.owner() as owner:
        failed = owner.execute("select action, sqlstate, error from ops.failed_messages").fetchall()
    assert _missing(installation, ledger) == []
    assert failed == []


def _missing(installation: Installation, ledger: Ledger) -> list[tuple[object, ...]]:
    """(action, message id, direction) of frames that were exchanged and are not in the log."""
    found: list[tuple[object, ...]] = []
    with installation.owner() as owner:
        for begin in range(0, len(ledger.acknowledged), _SLICE):
            kept = ledger.acknowledged[begin : begin + _SLICE]
            found += owner.execute(
                """
                select m.action, m.message_id, d.direction
                from unnest(%s::bigint[], %s::text[], %s::text[])
                    as m (charge_point_id, message_id, action)
                cross join (values ('in'), ('out')) as d (direction)
                where not exists (
                    select from ops.message_log as l
                    where l.charge_point_id = m.charge_point_id and l.message_id = m.message_id
                        and l.direction = d.direction and l.error_code is null
                )
                """,
                [
                    [one.charge_point_id for one in kept],
                    [one.message_id for one in kept],
                    [one.action for one in kept],
                ],
            ).fetchall()
    return found


def _charge_point_ids(ledger: Ledger) -> list[int]:
    return sorted({session.account.charge_point_id for session in ledger.sessions})


def _count_sessions(installation: Installation, ledger: Ledger) -> int:
    with installation.owner() as owner:
        row = owner.execute(
            "select count(*) from core.sessions as s where s.charge_point_id = any(%s)",
            [_charge_point_ids(ledger)],
        ).fetchone()
    assert row is not None
    return int(row[0])


def _assert_sessions_are_right(installation: Installation, ledger: Ledger) -> None:
    """Each physical session is there once, ended, with its energy and readings, and no other."""
    expected = sorted(
        (
            session.account.charge_point_id,
            session.started_at.replace(microsecond=session.started_at.microsecond // 1000 * 1000),
            str(session.transaction_id),
            session.meter_start_wh,
            session.meter_stop_wh,
            (session.meter_stop_wh or 0) - session.meter_start_wh,
            "ended",
            None,
            len(session.readings),
            session.readings[-1].energy_wh,
        )
        for session in ledger.sessions
    )
    with installation.owner() as owner:
        found = owner.execute(
            """
            select s.charge_point_id, s.started_at, s.transaction_id, s.meter_start_wh,
                s.meter_stop_wh, s.energy_wh, s.state, s.hold_reason,
                (
                    select count(*) from core.meter_values as v
                    where v.tenant_id = s.tenant_id and v.session_id = s.id
                        and v.energy_wh < s.meter_stop_wh
                ),
                (
                    select max(v.energy_wh) from core.meter_values as v
                    where v.tenant_id = s.tenant_id and v.session_id = s.id
                        and v.energy_wh < s.meter_stop_wh
                )
            from core.sessions as s
            where s.charge_point_id = any(%s)
            order by s.charge_point_id, s.started_at
            """,
            [_charge_point_ids(ledger)],
        ).fetchall()
    assert found == expected
