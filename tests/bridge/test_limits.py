"""The arithmetic of limits: rates, what is remembered, and that all of it is bounded."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import limits as module
from bridge.limits import Allowance, Allowances, Gate, Limits, Refusals, Visit, address_key
from db.settings import ROOT

LIMITS = Limits()


def test_the_defaults_are_those_of_the_database() -> None:
    text = Path(ROOT / "db/migrations/0010-security.sql").read_text()
    rows = dict(re.findall(r"\(\s*'bridge\.(\w+)',\s*'([\d.]+)',", text))
    for field in fields(Limits):
        assert float(rows[field.name]) == field.default, field.name


def test_the_defaults_leave_honest_chargers_alone() -> None:
    """At least 20 handshakes a second an address, a reconnect and 30 calls a second a charger."""
    gate, refusals, allowance = Gate(LIMITS), Refusals(LIMITS), Allowance(LIMITS)
    visits = []
    for number in range(20 * 600):
        now = number / 20
        visit = gate.enter()
        assert isinstance(visit, Visit)
        assert visit.identify("192.0.2.1", now) is None
        visits.append(visit)
        # A handshake takes its time, a socket stays for a minute.
        if number >= 100:
            visits[number - 100].finish()
        if number >= 1200:
            visits[number - 1200].end()
    for second in range(3600):
        assert refusals.find("charger", float(second)) is None
    for number in range(30 * 600):
        assert allowance.charge(number / 30, calls=1, size=2_000) == 0


@pytest.mark.parametrize("value", [None, 0, -1, "many", float("nan"), 2**40])
def test_unusable_limits_are_refused(value: object) -> None:
    data = {field.name: field.default for field in fields(Limits)}
    assert Limits.from_json(data) == LIMITS
    with pytest.raises((ValueError, TypeError)):
        Limits.from_json({**data, "calls_per_s": value})
    with pytest.raises(KeyError):
        Limits.from_json({})


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("x:y", "x:y"),
    ],
)
def test_ipv6_counts_by_its_64(address: str, key: str) -> None:
    assert address_key(address) == key


def test_a_rate_lets_a_burst_through_and_then_the_rate() -> None:
    gate = Gate(replace(LIMITS, handshakes_per_s=10, burst_s=2))
    passed = [gate.check_address("a", 100.0) is None for _ in range(30)]
    assert passed == [True] * 20 + [False] * 10
    assert gate.check_address("b", 100.0) is None
    passed = [gate.check_address("a", 100.5) is None for _ in range(10)]
    assert passed == [True] * 5 + [False] * 5


def test_a_slow_rate_lets_one_through() -> None:
    gate = Gate(replace(LIMITS, handshakes_per_s=0.01, burst_s=1))
    assert gate.check_address("a", 0.0) is None
    assert gate.check_address("a", 50.0) is not None
    assert gate.check_address("a", 101.0) is None


@settings(deadline=None)
@given(st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_no_more_than_burst_and_rate_ever_passes(pauses: list[float]) -> None:
    gate = Gate(replace(LIMITS, handshakes_per_s=5, burst_s=2))
    now, passed = 10.0, 0
    for pause in pauses:
        now += pause
        passed += gate.check_address("a", now) is None
    assert passed <= 10 + 5 * (now - 10) + 1


def test_sockets_are_counted_in_total_and_by_address() -> None:
    gate = Gate(replace(LIMITS, max_sockets=3, max_sockets_per_address=2))
    visits = [gate.enter() for _ in range(3)]
    assert gate.enter() == "too many sockets"
    first, second, third = (visit for visit in visits if isinstance(visit, Visit))
    assert first.identify("a", 0) is None
    assert second.identify("a", 0) is None
    assert third.identify("a", 0) == "too many sockets of one address"
    assert third.identify("b", 0) is None
    first.end()
    first.end()
    assert gate.sockets == 2
    fourth = gate.enter()
    assert isinstance(fourth, Visit)
    assert fourth.identify("a", 0) is None
    for visit in (second, third, fourth):
        visit.end()
    assert (gate.sockets, gate.unfinished) == (0, 0)
    assert not gate._by_address


def test_unfinished_handshakes_are_counted_in_total_and_by_address() -> None:
    gate = Gate(
        replace(LIMITS, max_unfinished_handshakes=3, max_unfinished_handshakes_per_address=2)
    )
    visits = [visit for _ in range(3) if isinstance(visit := gate.enter(), Visit)]
    assert gate.enter() == "too many unfinished handshakes"
    assert visits[0].identify("a", 0) is None
    assert visits[1].identify("a", 0) is None
    assert visits[2].identify("a", 0) == "too many unfinished handshakes of one address"
    visits[0].finish()
    assert visits[2].identify("a", 0) is None
    # Finished before anybody knew whose it is.
    fourth = gate.enter()
    assert isinstance(fourth, Visit)
    fourth.finish()
    assert fourth.identify("b", 0) is None
    for visit in (*visits, fourth):
        visit.end()
    assert (gate.sockets, gate.unfinished) == (0, 0)
    assert not gate._by_address


def test_equal_refusals_are_remembered_for_a_while() -> None:
    refusals = Refusals(replace(LIMITS, refusals_to_remember=3, refusal_memory_s=10))
    for now in (1.0, 2.0):
        refusals.note("k", 401, now)
        assert refusals.find("k", now) is None
    refusals.note("k", 401, 3.0)
    assert refusals.find("k", 4.0) == 401
    assert refusals.find("other", 4.0) is None
    # Asked again after a while; one more refusal is enough then.
    assert refusals.find("k", 14.0) is None
    refusals.note("k", 401, 14.0)
    assert refusals.find("k", 15.0) == 401
    refusals.forget("k")
    assert refusals.find("k", 16.0) is None


def test_a_request_that_comes_too_often_is_put_off() -> None:
    refusals = Refusals(replace(LIMITS, reconnects_per_s=1, burst_s=3))
    assert [refusals.find("k", 0.0) for _ in range(4)] == [None, None, None, 429]
    assert refusals.find("k", 1.1) is None


def test_calls_and_bytes_are_read_later_not_refused() -> None:
    allowance = Allowance(replace(LIMITS, calls_per_s=10, bytes_per_s=1000, burst_s=2))
    assert all(allowance.charge(0.0, calls=1, size=0) == 0 for _ in range(20))
    assert allowance.charge(0.0, calls=1, size=0) == pytest.approx(0.1)
    assert allowance.charge(0.1, calls=0, size=0) == pytest.approx(0)
    assert allowance.charge(10.0, calls=0, size=5000) == pytest.approx(3)


def test_excess_without_a_rest_is_told_from_a_burst() -> None:
    allowance = Allowance(replace(LIMITS, calls_per_s=10, burst_s=1, max_throttled_s=5))
    now = 0.0
    while now < 5:
        now += allowance.charge(now, calls=10, size=0) or 0.1
        assert not allowance.is_exceeded(min(now, 5))
    allowance.charge(now + 0.5, calls=20, size=0)
    assert allowance.is_exceeded(now + 0.5)
    # A rest, and all is forgotten.
    allowance.charge(now + 100, calls=1, size=0)
    assert not allowance.is_exceeded(now + 100)


def test_a_charger_has_one_allowance_over_all_its_sockets() -> None:
    allowances = Allowances(LIMITS)
    assert allowances.get("a") is allowances.get("a")
    assert allowances.get("a") is not allowances.get("b")
    allowances.limits = replace(LIMITS, calls_per_s=1)
    assert allowances.get("a").limits.calls_per_s == 1


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REMEMBERED", 100)
    gate, refusals, allowances = Gate(LIMITS), Refusals(LIMITS), Allowances(LIMITS)
    for number in range(1000):
        gate.check_address(f"a{number}", 1.0)
        refusals.find(number, 1.0)
        refusals.note(number, 401, 1.0)
        allowances.get(f"c{number}")
    assert len(gate._rates) == len(refusals._rates) == 100
    assert len(refusals._remembered) == len(allowances._by_identity) == 100
    # Nobody who comes all the time is forgotten for those who come once.
    gate = Gate(replace(LIMITS, handshakes_per_s=1, burst_s=1))
    assert gate.check_address("often", 1.0) is None
    for number in range(500):
        gate.check_address(f"a{number}", 1.0)
        if number % 50 == 0:
            gate._rates._used_until.move_to_end("often")
    assert gate.check_address("often", 1.0) is not None
