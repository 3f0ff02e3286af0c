"""A remote start from the command line: `python -m tests.demo_remote_start`, or by its path.

Against the stack that runs here (it is started when it does not): the demo operator signs in,
the demo charger connects, the operator starts a session from afar, it charges for some seconds,
and the operator stops it. Every frame at the charger is printed, with what the API says of the
commands and the session. The exit status is 0 when both commands were accepted, the session is
tied to the first and ended by the second, with the energy that the charger counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

if not __package__:
    # Run by its path, from wherever: as if from the top, like every command here.
    os.chdir(Path(__file__).resolve().parents[1])
    sys.path.insert(0, str(Path.cwd()))

from tests.charger import Charger, ChargerError, Reading, Refusal
from tests.demo import Check, bring_up, hold_charger, show, sign_in
from tests.simulate_client import MeterStore, print_frame
from tests.support.rest import Api, ApiError

__all__ = ["main", "run_demo"]

_POWER_W = 11_000
_TIMEOUT_S = 20.0
_FINAL = {"accepted", "rejected", "error", "unknown", "expired", "cancelled"}

Json = dict[str, Any]


async def run_demo(info: Json, *, seconds: float) -> list[Check]:
    """Start, charge and stop a session from afar; return what was found.

    `info` is the JSON of `make info`. Raises ApiError, ChargerError and TimeoutError.
    """
    demo = info["demo"]
    identity = demo["charge_point"]["id"]
    asked: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()

    def answer(action: str, payload: Json) -> Json | Refusal:
        if action not in ("RemoteStartTransaction", "RemoteStopTransaction"):
            return Refusal("NotImplemented", "this charger only charges")
        asked.put_nowait((action, payload))
        return {"status": "Accepted"}

    operator = await asyncio.to_thread(sign_in, info, "operator", is_of_first_tenant=True)
    driver = await asyncio.to_thread(sign_in, info, "customer", is_of_first_tenant=True)
    _tell(f"{_email(info, 'operator')} has signed in; {identity} connects.")
    charger = Charger(
        info["ocpp_url"],
        identity,
        demo["charge_point"]["key"],
        on_frame=print_frame,
        on_call=answer,
    )
    async with charger:
        boot = await charger.boot()
        await charger.status(0, "Available", at=datetime.now(UTC))
        await charger.status(1, "Preparing", at=datetime.now(UTC))

        _tell(f"The operator starts a session at {identity}, connector 1.")
        starting = await _send(
            operator,
            "remote_start_transaction",
            charge_point=identity,
            id_token=demo["id_token"],
            connector=1,
        )
        _, request = await asyncio.wait_for(asked.get(), _TIMEOUT_S)
        starting = await _follow(operator, starting)

        meter = _Meter(await asyncio.to_thread(_read_meter, operator, identity))
        start = await charger.start(
            request["connectorId"], request["idTag"], meter_wh=meter.start_wh, at=meter.started_at
        )
        await charger.status(1, "Charging", at=datetime.now(UTC))
        session = await _read_session(operator, starting["id"])
        _tell(
            f"Session {session['id']} (transaction {session['transaction_id']}) came of command "
            f"{session['command_id']}."
        )
        for _ in range(3):
            await asyncio.sleep(seconds / 3)
            await charger.meter_values(1, start.transaction_id, [meter.reading()])
            live = await _read_session(operator, starting["id"])
            _tell(f"{live['energy_wh']:g} Wh so far, {live['power_w']:g} W.")

        _tell("The operator stops it.")
        stopping = await _send(operator, "remote_stop_transaction", session_id=session["id"])
        _, request = await asyncio.wait_for(asked.get(), _TIMEOUT_S)
        stopping = await _follow(operator, stopping)
        last = meter.reading()
        await charger.stop(
            request["transactionId"], meter_wh=last.energy_wh, at=last.at, reason="Remote"
        )
        await charger.status(1, "Available", at=datetime.now(UTC))
    MeterStore(identity).write_wh(last.energy_wh)

    session = await _read_session(operator, starting["id"])
    seen = await asyncio.to_thread(driver.read, "charging_sessions", id=f"eq.{session['id']}")
    energy_wh = last.energy_wh - meter.start_wh
    return [
        Check("the boot was answered with", boot.status, boot.status == "Accepted"),
        Check("remote start", starting["state"], starting["state"] == "accepted"),
        Check("remote stop", stopping["state"], stopping["state"] == "accepted"),
        Check(
            "the session came of command",
            str(session["command_id"]),
            session["command_id"] == starting["id"],
        ),
        Check("token", session["authorization_status"], start.id_tag_info.status == "Accepted"),
        Check("state", session["state"], session["state"] == "ended"),
        Check("stop reason", str(session["stop_reason"]), session["stop_reason"] == "Remote"),
        Check(
            "energy",
            f"{session['energy_wh']:g} Wh of {energy_wh} Wh",
            session["energy_wh"] == energy_wh,
        ),
        Check("hold", str(session["hold_reason"] or "none"), session["hold_reason"] is None),
        Check("its driver sees it", "yes" if seen else "no", len(seen) == 1),
    ]


class _Meter:
    """A register that counts in real time."""

    def __init__(self, start_wh: int) -> None:
        self.start_wh = start_wh
        self.started_at = datetime.now(UTC)

    def reading(self) -> Reading:
        """What it shows now."""
        elapsed = datetime.now(UTC) - self.started_at
        return Reading(
            at=self.started_at + elapsed,
            energy_wh=self.start_wh + round(_POWER_W * (elapsed / timedelta(hours=1))),
            power_w=_POWER_W,
        )


def _read_meter(operator: Api, identity: str) -> int:
    """Where the meter stands: as much as any session has ever reported, it never runs back."""
    (charge_point,) = operator.read("charge_points", identity=f"eq.{identity}")
    most = operator.read(
        "charging_sessions",
        charge_point_id=f"eq.{charge_point['id']}",
        meter_stop_wh="not.is.null",
        order="meter_stop_wh.desc",
        limit="1",
    )
    return max([MeterStore(identity).read_wh(), *(int(one["meter_stop_wh"]) for one in most)])


async def _send(operator: Api, function: str, **arguments: Any) -> Json:
    """Call a function that queues one command; return the command."""
    answer = await asyncio.to_thread(operator.post, f"rpc/{function}", arguments)
    if answer.status != 200:
        raise ApiError(f"{function}: {answer.status} {answer.body}")
    (command,) = answer.body
    _tell(f"Command {command['id']} ({command['action']}) is {command['state']}.")
    return dict(command)


async def _follow(operator: Api, command: Json) -> Json:
    """Ask for a command until it is in a final state, and tell its life."""
    deadline = time.monotonic() + _TIMEOUT_S
    while command["state"] not in _FINAL:
        if time.monotonic() > deadline:
            raise TimeoutError(f"command {command['id']} is still {command['state']}")
        await asyncio.sleep(0.05)
        (command,) = await asyncio.to_thread(operator.read, "commands", id=f"eq.{command['id']}")
    _tell(
        f"Command {command['id']} was sent after {_ms(command, 'created_at', 'sent_at')} ms, "
        f"answered {_ms(command, 'sent_at', 'answered_at')} ms later, and is {command['state']}."
    )
    return command


async def _read_session(operator: Api, command_id: int) -> Json:
    sessions = await asyncio.to_thread(
        operator.read, "charging_sessions", command_id=f"eq.{command_id}"
    )
    if len(sessions) != 1:
        raise ApiError(f"{len(sessions)} sessions came of command {command_id}")
    return sessions[0]


def _ms(command: Json, since: str, until: str) -> str:
    if command[since] is None or command[until] is None:
        return "?"
    span = datetime.fromisoformat(command[until]) - datetime.fromisoformat(command[since])
    return f"{span / timedelta(milliseconds=1):.0f}"


def _email(info: Json, role: str) -> str:
    return str(next(one["email"] for one in info["demo"]["accounts"] if one["role"] == role))


def _tell(sentence: str) -> None:
    print(f"\n*** {sentence}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.demo_remote_start",
        description="Start and stop a charging session from afar, on the stack that runs here.",
    )
    parser.add_argument("--seconds", type=float, default=6.0, help="how long it charges")
    arguments = parser.parse_args(argv)
    try:
        info = bring_up()
    except subprocess.CalledProcessError as error:
        return error.returncode
    if info["demo"] is None:
        print("there is no demo tenant here: start with VOLTARO_DEMO=1 on an empty database")
        return 1
    try:
        with hold_charger():
            checks = asyncio.run(run_demo(info, seconds=max(1.0, arguments.seconds)))
    except (ChargerError, ApiError, TimeoutError) as error:
        print(f"failed: {error or 'no answer in time'}")
        return 1
    show(checks)
    return 0 if all(check.is_right for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
