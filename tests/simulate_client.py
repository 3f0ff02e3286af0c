r"""One charging session of a simulated charge point, over OCPP 1.6J.

    python -m tests.simulate_client --url ws://127.0.0.1:9000 --id CP001 --key KEY \
        --id-token VALID001 --energy-wh 7400

runs it and prints its transcript. The exit status is 0 when every answer was
what a charger hopes for, 1 when one was not, 2 for wrong arguments.

The session has already happened when it is told: it ended at the moment of the call and lasted
`--minutes`, as after a while without a network. So the energy fits the time it took. A meter
never runs backwards: where it stopped is kept in $VOLTARO_HOME and the next session goes on there.

`run_session` is the session for others to run; the charge point is tests.charger.Charger.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.charger import Charger, ChargerError, Reading

__all__ = [
    "MeterStore",
    "SessionPlan",
    "SessionReport",
    "main",
    "print_frame",
    "run_session",
]

_LINE_CHARACTERS = 110
_NEW_METER_WH = 1_200_000


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """A session to run: energy in Wh, power even, `readings` meter values on the way."""

    id_token: str
    started_at: datetime
    duration: timedelta = timedelta(minutes=30)
    energy_wh: int = 7400
    connector_id: int = 1
    meter_start_wh: int = _NEW_METER_WH
    readings: int = 5
    soc_start_percent: int = 40

    @property
    def ended_at(self) -> datetime:
        """When the plug is pulled."""
        return self.started_at + self.duration

    @property
    def meter_stop_wh(self) -> int:
        """What the register shows then."""
        return self.meter_start_wh + self.energy_wh

    def reading(self, number: int) -> Reading:
        """Return the meter value `number` of 1 .. readings, evenly between start and stop."""
        share = number / (self.readings + 1)
        return Reading(
            at=self.started_at + self.duration * share,
            energy_wh=self.meter_start_wh + round(self.energy_wh * share),
            power_w=round(self.energy_wh * 3600 / self.duration.total_seconds()),
            soc_percent=min(100, self.soc_start_percent + round(30 * share)),
        )


@dataclass(frozen=True, slots=True)
class SessionReport:
    """How a session went, as its charger saw it."""

    plan: SessionPlan
    transaction_id: int | None
    problems: tuple[str, ...]
    """What a charger would stop at, one sentence each; empty is a good session."""


async def run_session(
    charger: Charger,
    plan: SessionPlan,
    *,
    on_reading: Callable[[int, Reading], Awaitable[None]] | None = None,
) -> SessionReport:
    """Boot, authorise, start, send meter values, stop, as `plan` says, on an open socket.

    `on_reading` is awaited after each meter value, with the transaction id.
    Like a charger it does not start for a token that is not accepted. Raises ChargerError.
    """
    boot = await charger.boot()
    if boot.status != "Accepted":
        return SessionReport(plan, None, (f"the boot was answered with {boot.status}",))
    await charger.status(0, "Available", at=plan.started_at)
    await charger.status(plan.connector_id, "Preparing", at=plan.started_at)
    token = await charger.authorize(plan.id_token)
    if token.status != "Accepted":
        return SessionReport(plan, None, (f"the token {plan.id_token} is {token.status}",))

    problems = []
    start = await charger.start(
        plan.connector_id, plan.id_token, meter_wh=plan.meter_start_wh, at=plan.started_at
    )
    if start.id_tag_info.status != "Accepted":
        problems.append(f"the start was answered with {start.id_tag_info.status}")
    if not 0 < start.transaction_id < 2**31:
        problems.append(f"the transaction id {start.transaction_id} is no positive 32-bit number")
    await charger.status(plan.connector_id, "Charging", at=plan.started_at)
    for number in range(1, plan.readings + 1):
        reading = plan.reading(number)
        await charger.meter_values(plan.connector_id, start.transaction_id, [reading])
        if on_reading is not None:
            await on_reading(start.transaction_id, reading)
    stop = await charger.stop(
        start.transaction_id,
        meter_wh=plan.meter_stop_wh,
        at=plan.ended_at,
        id_token=plan.id_token,
    )
    if stop is not None and stop.status != "Accepted":
        problems.append(f"the stop was answered with {stop.status}")
    await charger.status(plan.connector_id, "Finishing", at=plan.ended_at)
    await charger.status(plan.connector_id, "Available", at=plan.ended_at)
    return SessionReport(plan, start.transaction_id, tuple(problems))


def print_frame(direction: str, text: str) -> None:
    """Print one line of the transcript: time, direction, what is said; long payloads are cut."""
    elements = json.loads(text)
    # A call says its action; an answer follows the call that it belongs to.
    words = [elements[2], elements[3]] if elements[0] == 2 else elements[2:]
    said = " ".join(
        word if isinstance(word, str) else json.dumps(word, separators=(",", ":")) for word in words
    )
    if len(said) > _LINE_CHARACTERS:
        said = said[: _LINE_CHARACTERS - 1] + "…"
    clock = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]
    print(f"{clock} {'-->' if direction == 'sent' else '<--'} {said}", flush=True)


def _print_whole_frame(direction: str, text: str) -> None:
    print(f"{'-->' if direction == 'sent' else '<--'} {text}", flush=True)


class MeterStore:
    """What the meters of simulated charge points show, kept like a meter's own memory."""

    def __init__(self, identity: str) -> None:
        home = Path(os.environ.get("VOLTARO_HOME") or ".voltaro").expanduser()
        self._path = home / "simulated_meters.json"
        self._identity = identity

    def read_wh(self) -> int:
        """Return the register of this charge point; a new one has run in the factory."""
        return self._load().get(self._identity, _NEW_METER_WH)

    def write_wh(self, register_wh: int) -> None:
        """Keep the register for the next session."""
        registers = self._load() | {self._identity: register_wh}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(registers))

    def _load(self) -> dict[str, int]:
        try:
            registers: dict[str, int] = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return registers


async def _run(arguments: argparse.Namespace) -> int:
    duration = timedelta(minutes=arguments.minutes)
    meter = MeterStore(arguments.id)
    plan = SessionPlan(
        id_token=arguments.id_token,
        started_at=datetime.now(UTC) - duration,
        duration=duration,
        energy_wh=arguments.energy_wh,
        connector_id=arguments.connector,
        meter_start_wh=(
            meter.read_wh() if arguments.meter_start_wh is None else arguments.meter_start_wh
        ),
        readings=arguments.readings,
    )
    show = _print_whole_frame if arguments.frames else print_frame
    charger = Charger(arguments.url, arguments.id, arguments.key, on_frame=show)
    try:
        async with charger:
            report = await run_session(charger, plan)
    except (ChargerError, TimeoutError) as error:
        print(f"failed: {error or 'no answer in time'}", flush=True)
        return 1
    meter.write_wh(plan.meter_stop_wh)
    for problem in report.problems:
        print(f"failed: {problem}", flush=True)
    if report.problems:
        return 1
    print(f"transaction {report.transaction_id}: {plan.energy_wh} Wh", flush=True)
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one session as the arguments say and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulate_client",
        description="Run one charging session over OCPP 1.6J and print its transcript.",
    )
    parser.add_argument("--url", required=True, help="the bridge, e.g. ws://127.0.0.1:9000")
    parser.add_argument("--id", required=True, help="OCPP identity of the charge point")
    parser.add_argument("--key", help="its key; left out: no Authorization header")
    parser.add_argument("--id-token", required=True, help="the token that is shown")
    parser.add_argument("--connector", type=_positive, default=1)
    parser.add_argument("--energy-wh", type=_positive, default=7400)
    parser.add_argument("--minutes", type=_positive, default=30)
    parser.add_argument("--readings", type=_positive, default=5)
    parser.add_argument("--meter-start-wh", type=int, help="left out: where it last stopped")
    parser.add_argument("--frames", action="store_true", help="print whole frames")
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_run(parser.parse_args(argv)))
    return 130


if __name__ == "__main__":
    sys.exit(main())
