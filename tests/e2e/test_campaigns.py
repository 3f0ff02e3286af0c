"""A campaign over five chargers, through API, job, database and bridge."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import psycopg

from tests.e2e.commands import CommandStack, Json, ScriptedCharger

FIRMWARE = "https://depot.greenway.example/firmware/fw-3.bin"


def run_until(stack: CommandStack, campaign_id: int, is_so: Callable[[Json], bool]) -> Json:
    """Run the job as its runner does until the campaign is so; the campaign."""
    deadline = time.monotonic() + 30
    with psycopg.connect(stack.database.jobs_url, autocommit=True) as jobs:
        while True:
            jobs.execute("select jobs.run_campaigns()")
            (campaign,) = stack.read(f"/campaigns?id=eq.{campaign_id}")
            if is_so(campaign):
                return campaign
            assert time.monotonic() < deadline, campaign
            time.sleep(0.05)


def states(stack: CommandStack, campaign_id: int) -> dict[str, str]:
    """State by identity."""
    rows = stack.read(
        f"/campaign_members?campaign_id=eq.{campaign_id}&select=state,charge_points(identity)"
    )
    return {row["charge_points"]["identity"]: row["state"] for row in rows}


def test_a_campaign_goes_in_waves_and_stops_when_one_fails(command_stack: CommandStack) -> None:
    names = [f"WAVE-{number}" for number in range(1, 6)]
    with contextlib.ExitStack() as stack:
        chargers: list[ScriptedCharger] = [
            stack.enter_context(command_stack.charger(name, {"UpdateFirmware": {}}))
            for name in names
        ]
        (campaign,) = command_stack.send(
            "create_campaign",
            name="Version 3",
            action="UpdateFirmware",
            payload={"location": FIRMWARE, "retries": 0},
            charge_points=names,
            wave_size=2,
            wave_interval_s=0,
            max_failures=0,
        )
        assert (campaign["state"], campaign["pending"]) == ("running", 5)

        run_until(command_stack, campaign["id"], lambda row: bool(row["running"] == 2))
        for charger in chargers[:2]:
            charger.await_call("UpdateFirmware")
            charger.call("FirmwareStatusNotification", {"status": "Installed"})
        assert [len(charger.asked("UpdateFirmware")) for charger in chargers] == [1, 1, 0, 0, 0]

        run_until(
            command_stack, campaign["id"], lambda row: (row["done"], row["running"]) == (2, 2)
        )
        for charger in chargers[2:4]:
            charger.await_call("UpdateFirmware")
        chargers[2].call("FirmwareStatusNotification", {"status": "InstallationFailed"})
        found = run_until(
            command_stack, campaign["id"], lambda row: bool(row["state"] == "stopped")
        )
        assert found["stop_reason"] == "failures"
        assert (found["done"], found["failed"], found["skipped"]) == (2, 1, 1)
        assert states(command_stack, campaign["id"]) == dict(
            zip(names, ["done", "done", "failed", "running", "skipped"], strict=True)
        )
        (alarm,) = command_stack.read("/alarms?kind=eq.campaign_stopped")
        assert alarm["details"]["campaign_id"] == campaign["id"]

        # What was under way is followed to its end; the last one is never asked.
        chargers[3].call("FirmwareStatusNotification", {"status": "Installed"})
        run_until(command_stack, campaign["id"], lambda row: bool(row["done"] == 3))
        assert [len(charger.asked("UpdateFirmware")) for charger in chargers] == [1, 1, 1, 1, 0]
        jobs = command_stack.read(f"/device_jobs?campaign_id=eq.{campaign['id']}")
        assert len({job["command_id"] for job in jobs}) == 4


def test_a_campaign_reaches_who_was_away_and_ends(command_stack: CommandStack) -> None:
    with command_stack.charger("CALM-1", {"ClearCache": {"status": "Accepted"}}):
        command_stack.account("CALM-2")
        (campaign,) = command_stack.send(
            "create_campaign",
            name="Caches",
            action="ClearCache",
            charge_points=["CALM-2", "calm-1"],
            wave_size=1,
            wave_interval_s=0,
        )
        run_until(
            command_stack, campaign["id"], lambda row: (row["done"], row["running"]) == (1, 1)
        )
        with command_stack.charger("CALM-2", {"ClearCache": {"status": "Accepted"}}) as away:
            away.await_call("ClearCache")
            found = run_until(
                command_stack, campaign["id"], lambda row: bool(row["state"] == "done")
            )
    assert (found["done"], found["failed"]) == (2, 0)
