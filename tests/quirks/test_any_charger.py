"""A charger of any temper, on two bridges: what holds whatever it does (hypothesis, stateful).

It drops replies, repeats calls with the same and with new ids, reorders them over two sockets,
reboots, loses power in the middle of a frame, jumps its clock, replays old queues, talks garbage
and about the transactions of others. VOLTARO_SOAK=1 makes it many runs, and other ones each time.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.bridge.chargers import add_charger
from tests.quirks.wild import CLOCKS, WildCharger
from tests.quirks.wire import Closed, Wire
from tests.quirks.world import World, add_wild_charger, check, running_world, warm_up
from tests.support.databases import Database

IS_SOAK = os.environ.get("VOLTARO_SOAK") == "1"
EXAMPLES, STEPS = (1500, 40) if IS_SOAK else (40, 20)
MAX_GROWTH_MIB = 60 if IS_SOAK else 24

ACTS: dict[str, Callable[[WildCharger], None]] = {
    "plug 1": lambda charger: charger.plug(1),
    "plug 2": lambda charger: charger.plug(2),
    "charge 1": lambda charger: charger.charge(1, 7),
    "charge 2": lambda charger: charger.charge(2, 12),
    "unplug 1": lambda charger: charger.unplug(1, with_token=True),
    "unplug 2": lambda charger: charger.unplug(2, with_token=False),
    "deliver": lambda charger: charger.deliver(2),
}
connectors = st.sampled_from([1, 2])
bridges = st.sampled_from([0, 1])

GARBAGE = [
    "",
    "[]",
    "null",
    "[2]",
    '[2,"g1","StartTransaction",{"connectorId":1,',
    '[2,"g2","MeterValues",{"meterValue":[,{}]}]',
    '[2,"g3","Any",[]]',
    '[2,"g4",5,{}]',
    '[3,"g5",{}]',
    '[4,"g6","InternalError","",{}]',
    '[9,"g7",{}]',
    '[2,"g8","MeterValues",' + '{"a":' * 60 + "1" + "}" * 60 + "]",
    '[2,"g9","DropTables",{"x":"\\u0000"}]',
]


@pytest.fixture(scope="module")
def world(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two bridges on one database."""
    with running_world(module_database, tmp_path_factory.mktemp("bridges")) as running:
        yield running


class AnyCharger(RuleBasedStateMachine):
    """Whatever a charger may do, in any order."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.neighbour = add_wild_charger(world, "NEIGHBOUR")
        self.neighbour.plug(1)
        self.neighbour.charge(1, 10)
        self.neighbour.deliver(2)
        self.neighbours_id = self.neighbour.sessions[0].transaction_id
        self.neighbours_rows = world.snapshot(self.neighbour.identity)
        self.charger = add_wild_charger(world, "WILD")

    # The physical world

    @initialize(connector=connectors, minutes=st.integers(1, 20))
    def begin(self, connector: int, minutes: int) -> None:
        self.charger.plug(connector)
        self.charger.charge(connector, minutes)
        self.deliver(1, is_same_id=False)

    @rule(acts=st.lists(st.sampled_from(sorted(ACTS)), min_size=4, max_size=12))
    def live(self, acts: list[str]) -> None:
        """Cars come, charge and go; now and then something is delivered."""
        for act in acts:
            self.charger.wait(1)
            with contextlib.suppress(Closed):
                ACTS[act](self.charger)

    @rule(clock=st.sampled_from([*CLOCKS, *["right"] * 3]))
    def jump_the_clock(self, clock: str) -> None:
        self.charger.clock = clock

    # Sockets

    @rule(bridge=bridges, boots=st.booleans())
    def connect(self, bridge: int, boots: bool) -> None:
        with contextlib.suppress(Closed):
            self.charger.connect(bridge, boots=boots)

    @rule()
    def lose_power(self) -> None:
        for line in (self.charger.line, self.charger.old_line):
            if line is not None:
                line.wire.cut()

    @rule(share=st.floats(0.1, 0.9), boots=st.booleans())
    def lose_power_in_the_middle(self, share: float, boots: bool) -> None:
        with contextlib.suppress(Closed):
            line = self.charger.ensure_line()
            line.wire.send_part('[2,"half","MeterValues",{"connectorId":1}]', share)
            self.charger.connect(1, boots=boots)

    # Messages

    @rule(count=st.integers(1, 6), is_same_id=st.booleans())
    def deliver(self, count: int, is_same_id: bool) -> None:
        with contextlib.suppress(Closed):
            self.charger.deliver(count, is_same_id=is_same_id)

    @rule(
        times=st.integers(1, 3),
        is_same_id=st.booleans(),
        cuts=st.booleans(),
        gives_up=st.sampled_from([True, False, False, False]),
    )
    def drop_the_reply(self, times: int, is_same_id: bool, cuts: bool, gives_up: bool) -> None:
        """The message stays in the queue and comes again, unless it is given up."""
        with contextlib.suppress(Closed):
            line = self.charger.ensure_line()
            for _ in range(times):
                self.charger.send_head(line, is_same_id=is_same_id)
            if cuts:
                line.wire.cut()
        if gives_up:
            self.charger.give_up_start()

    @rule(bridge=bridges)
    def send_over_two_sockets(self, bridge: int) -> None:
        with contextlib.suppress(Closed):
            self.charger.send_over_two_sockets(bridge)

    @rule(place=st.floats(0, 1, exclude_max=True))
    def replay(self, place: float) -> None:
        """Say old things again, under new ids."""
        delivered = self.charger.delivered
        begin = int(place * len(delivered))
        with contextlib.suppress(Closed):
            for message in delivered[begin : begin + 5]:
                answer = self.charger.call_now(message.action, message.payload)
                assert answer[0] == 3, answer
                if message.action == "StartTransaction" and message.session.clock != "1970":
                    assert message.reply is not None
                    assert answer[2]["transactionId"] == message.reply["transactionId"]

    @rule(action=st.sampled_from(["Heartbeat", "BootNotification", "Authorize", "Unheard"]))
    def chat(self, action: str) -> None:
        payloads = {
            "BootNotification": {"chargePointVendor": "Wild", "chargePointModel": "Any"},
            "Authorize": {"idTag": self.charger.tokens[0]},
        }
        with contextlib.suppress(Closed):
            self.charger.call_now(action, payloads.get(action, {}))

    @rule(
        connector=st.integers(0, 2),
        status=st.sampled_from(["Available", "Charging", "SuspendedEV", "Finishing", "Faulted"]),
    )
    def report_a_state(self, connector: int, status: str) -> None:
        payload = {
            "connectorId": connector,
            "errorCode": "NoError",
            "status": status,
            "timestamp": self.charger.timestamp(),
        }
        with contextlib.suppress(Closed):
            assert self.charger.call_now("StatusNotification", payload)[0] == 3

    @rule(text=st.one_of(st.sampled_from(GARBAGE), st.text(max_size=40)))
    def talk_garbage(self, text: str) -> None:
        with contextlib.suppress(Closed):
            self.charger.ensure_line().wire.send(text)

    @rule(is_stop=st.booleans())
    def speak_of_the_neighbours_session(self, is_stop: bool) -> None:
        charger = self.charger
        with contextlib.suppress(Closed):
            if is_stop:
                charger.strays += 1
                payload: dict[str, Any] = {
                    "transactionId": self.neighbours_id,
                    "meterStop": 9_000_000 + charger.strays,
                    "timestamp": charger.timestamp(),
                }
                assert charger.call_now("StopTransaction", payload)[0] == 3
            else:
                sample = {"timestamp": charger.timestamp(), "sampledValue": [{"value": "1"}]}
                payload = {
                    "connectorId": 1,
                    "transactionId": self.neighbours_id,
                    "meterValue": [sample],
                }
                assert charger.call_now("MeterValues", payload)[0] == 3

    # What must hold

    def teardown(self) -> None:
        try:
            self.charger.finish()
            check(self.world, self.charger)
            self.world.done.update(
                runs=1,
                sessions=len(self.charger.sessions),
                messages=len(self.charger.acknowledged),
                sockets=len(self.charger.lines),
            )
            rows = self.world.snapshot(self.neighbour.identity)
            assert rows == self.neighbours_rows, "the neighbour's rows were touched"
        finally:
            for line in (*self.charger.lines, *self.neighbour.lines):
                line.wire.cut()


@pytest.mark.quirk(16, 17, 18, 38, 39, 59, 66, 67, 72)
def test_nothing_that_a_charger_does_breaks_its_sessions(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """Afterwards the bridges hold no more than before."""
    warm_up(world)
    before = world.memory_mib()

    class AnyChargerHere(AnyCharger):
        """In this world."""

        def __init__(self) -> None:
            super().__init__(world)

    run_state_machine_as_test(
        AnyChargerHere,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=not IS_SOAK,
            # Sockets race: a run that is cut down seldom fails again.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
    growth_mib = world.memory_mib() - before
    record_property(
        "chaos",
        ", ".join(f"{count} {what}" for what, count in sorted(world.done.items()))
        + f", {growth_mib:.0f} MiB more in the bridges",
    )
    assert world.done["sessions"] > EXAMPLES
    assert growth_mib < MAX_GROWTH_MIB


def test_half_a_handshake_is_no_charger(world: World) -> None:
    """A wrong key opens no wire: what these tests check is not vacuous."""
    add_charger(world.database, "WRONG-KEY", key=b"another key")
    with pytest.raises(Closed, match="401"):
        Wire.open(world.bridges[0].port, "WRONG-KEY")


def test_no_traceback_was_logged(world: World) -> None:
    for bridge in world.bridges:
        log = Path(bridge.log).read_text(encoding="utf-8")
        assert "Traceback" not in log, log[-3000:]
