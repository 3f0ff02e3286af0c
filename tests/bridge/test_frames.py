"""OCPP-J frames: what a text is taken for, whatever it is (OCPP-J 1.6 §4, QUIRKS 33 to 48)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge import frames
from bridge.frames import Answer, Call, Ignored, Malformed, parse
from bridge.repair import repaired

DEPTH = 32

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
# The machine may be busy; what matters is that every example has an outcome.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_a_call_keeps_its_payload_byte_for_byte() -> None:
    payload = '{"a" : 1.50,  "b":"\\u00e9\\n", "c": [1e2]}'
    assert parse(f'[2, "17", "Any", {payload} ]', max_depth=DEPTH) == Call("17", "Any", payload)


@patient
@given(
    st.text(max_size=255),
    st.text(min_size=1, max_size=255),
    st.dictionaries(st.text(max_size=8), _json, max_size=4),
)
def test_every_valid_call_is_read(message_id: str, action: str, payload: dict[str, Any]) -> None:
    text = json.dumps([2, message_id, action, payload], ensure_ascii=False)
    frame = parse(text, max_depth=10_000)
    assert isinstance(frame, Call)
    assert (frame.message_id, frame.action) == (message_id, action)
    assert frame.payload == json.dumps(payload, ensure_ascii=False)


@settings(patient, max_examples=300)
@given(st.text() | _json.map(json.dumps) | st.lists(_json).map(json.dumps))
@example("[" * 100_000)
@example('[2,"a","B",' + "[" * 100_000)
@example('[2,"a","B",{"a":' + "[" * 5_000 + "]" * 5_000 + "}]")
@example("[" + "9" * 5_000 + ',"a","B",{}]')
@example('[2,"a","B",{"a":1e999999}]')
@example('"' + '\\"' * 200_000)
@example('[2,"' + "\\" * 99_999)
@example('[2,"a","B",{"x":"' + "\n" * 60_000 + '"}]')
@example("\0")
def test_any_text_has_an_outcome(text: str) -> None:
    frame = parse(text, max_depth=DEPTH)
    assert isinstance(frame, Call | Answer | Malformed | Ignored)
    if isinstance(frame, Call):
        assert frame.payload.startswith("{")
    if isinstance(frame, Malformed):
        answer = json.loads(frames.serialize_error(frame.message_id, "X", frame.reason))
        assert answer[:2] == [4, frame.message_id]


@patient
@given(st.binary())
def test_cut_off_frames_are_answered_with_their_id(tail: bytes) -> None:
    text = '[2,"the id","Any",{"connectorId":1,' + tail.decode("utf-8", "replace")
    frame = parse(text, max_depth=DEPTH)
    assert isinstance(frame, Malformed | Call)
    assert frame.message_id == "the id"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[2,"x","Any",{"sampledValue":[,{"value":1}]}]', "not valid JSON"),  # row 33, BENY
        ('[2,"x","Any",{"transactionId":,"a":1}]', "not valid JSON"),  # row 33, AEFA
        ('[2,"x","Any",{"a":1', "not valid JSON"),  # row 34
        ('[2,"x","Any",{"a":NaN}]', "not valid JSON"),
        ('[2,"x"]', "four elements"),
        ('[2,"x","Any"]', "four elements"),
        ('[2,"x",["Any"],{}]', "the action"),
        ('[2,"x",7,{}]', "the action"),
        ('[2,"x","",{}]', "the action"),
        ('[2,"x","' + "A" * 300 + '",{}]', "the action"),
        ('[2,"x","Any",[]]', "not an object"),
        ('[2,"x","Any","{}"]', "not an object"),
        ('[2,"x","Any",5]', "not an object"),
        ('["2","x","Any",{}]', "message type"),
        ('[2,"x","Any",' + '{"a":' * 33 + "1" + "}" * 33 + "]", "too deeply"),
    ],
)
def test_a_broken_call_is_a_formation_violation(text: str, reason: str) -> None:
    frame = parse(text, max_depth=DEPTH)
    assert isinstance(frame, Malformed)
    assert frame.message_id == "x"
    assert frame.error_code == "FormationViolation"
    assert reason in frame.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        "[]",
        "5",
        "[2]",
        '[2,null,"Any",{}]',
        '[2,["x"],"Any",{}]',
        '[2,true,"Any",{}]',
        '[2,"' + "x" * 300 + '","Any",{}]',
        '[9,"x","Any",{}]',  # OCPP-J 1.6 §4.1.3: unknown numbers are ignored
        '[3,"x"]',
        '[3,"x",{"a":',
        '[4,"x","GenericError"',
    ],
)
def test_what_cannot_be_answered_is_ignored(text: str) -> None:
    assert isinstance(parse(text, max_depth=DEPTH), Ignored)


def test_null_is_an_empty_payload() -> None:
    """Row 35, OCPP-J 1.6 §4.2.1."""
    assert parse('[2,"x","Any",null]', max_depth=DEPTH) == Call("x", "Any", "{}")


@pytest.mark.parametrize(
    ("text", "message_id"),
    [('[2,17,"Any",{}]', "17"), ('[2,1.5,"Any",{}]', "1.5"), ('[2,"","Any",{}]', "")],
)
def test_odd_ids_are_answered_as_strings(text: str, message_id: str) -> None:
    """Row 44: what we send is always a string."""
    frame = parse(text, max_depth=DEPTH)
    assert isinstance(frame, Call)
    assert frame.message_id == message_id
    assert json.loads(frames.serialize_result(frame.message_id, "{}")) == [3, message_id, {}]


def test_more_elements_and_a_fractional_type_are_tolerated() -> None:
    frame = parse('[2.0,"x","Any",{},"more"]', max_depth=DEPTH)
    assert isinstance(frame, Call)
    assert frame.notes == ("the frame has more than four elements",)


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ('{"idTag":"AB\x10\x0e"}', '{"idTag":"AB\\u0010\\u000e"}'),  # row 37, Ocular
        ('{"a":"one\ntwo"}', '{"a":"one\\u000atwo"}'),  # row 36
        (r'{"a":"C:\path\n"}', r'{"a":"C:\\path\n"}'),  # row 36
        (r'{"a":"\u12"}', r'{"a":"\\u12"}'),
        (r'{"a":"\ud83d"}', r'{"a":"\ufffd"}'),
        (r'{"a":"\\ud83d \ud83d\ude00 \ude00"}', r'{"a":"\\ud83d \ud83d\ude00 \ufffd"}'),
    ],
)
def test_flaws_inside_strings_are_mended(text: str, payload: str) -> None:
    frame = parse(f'[2,"x","Any",{text}]', max_depth=DEPTH)
    assert frame == Call("x", "Any", payload, ("the frame was not valid JSON and was repaired",))


@pytest.mark.parametrize(
    "text", ['\ufeff[2,"x","Any",{}]', '[2,"x","Any",{}]\0\0', '\0[2,"x","Any",{}]\r\n']
)
def test_what_c_programs_leave_around_a_frame_is_no_harm(text: str) -> None:
    frame = parse(text, max_depth=DEPTH)
    assert isinstance(frame, Call)
    assert frame.payload == "{}"


@patient
@given(_json)
def test_valid_json_needs_no_repair(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        has_half_surrogate = "\\ud" in text.lower()
        assert has_half_surrogate or repaired(text) == text


@patient
@given(st.text())
def test_repair_settles(text: str) -> None:
    assert repaired(repaired(text)) == repaired(text)


def test_depth_counts_open_brackets_outside_of_strings() -> None:
    brackets = json.dumps("[{" * 100)
    for depth, is_taken in ((DEPTH - 1, True), (DEPTH, False)):
        text = f'[2,"x","Any",{{"s":{brackets},"a":{"[" * depth}{"]" * depth}}}]'
        assert isinstance(parse(text, max_depth=DEPTH), Call if is_taken else Malformed)


def test_answers_are_told_apart() -> None:
    assert parse('[3,"x",{"a":1}]', max_depth=DEPTH) == Answer(3, "x", '{"a":1}')
    assert parse('[4,"x","NotImplemented","why",{"a":1}]', max_depth=DEPTH) == Answer(
        4, "x", '{"a":1}', "NotImplemented", "why"
    )
    assert parse('[4,"","ProtocolError",""]', max_depth=DEPTH) == Answer(
        4, "", "{}", "ProtocolError", ""
    )


def test_a_description_fits_255_characters() -> None:
    answer = json.loads(frames.serialize_error("x", "GenericError", "é" * 300))
    assert answer == [4, "x", "GenericError", "é" * 255, {}]


@patient
@given(st.text(max_size=36), st.text(min_size=1, max_size=40), _json)
def test_a_call_of_ours_reads_as_it_was_meant(message_id: str, action: str, value: object) -> None:
    payload = json.dumps({"a": value})
    text = frames.serialize_call(message_id, action, payload).decode()
    assert parse(text, max_depth=DEPTH) == Call(message_id, action, payload)
