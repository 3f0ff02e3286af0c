"""OCPP-J frames: text in, one of four outcomes out; and back. No I/O, never an exception.

Sources: OCPP-J 1.6 §4 and its errata; QUIRKS rows 33 to 48 in tests/bridge. A payload stays
the text that the charger sent, byte for byte, unless its JSON had to be repaired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
from ocpp.exceptions import FormationViolationError, InternalError

from bridge.repair import STRING, repaired

__all__ = [
    "CALL",
    "CALL_ERROR",
    "CALL_RESULT",
    "FORMATION_VIOLATION",
    "INTERNAL_ERROR",
    "Answer",
    "Call",
    "Frame",
    "Ignored",
    "Malformed",
    "parse",
    "serialize_call",
    "serialize_error",
    "serialize_result",
]

# Message type numbers, OCPP-J 1.6 §4.1.3.
CALL = 2
CALL_RESULT = 3
CALL_ERROR = 4

FORMATION_VIOLATION: str = FormationViolationError.code
INTERNAL_ERROR: str = InternalError.code

# The specification allows 36; more is echoed, but a megabyte is not an id.
MAX_ID_CHARACTERS = 255
# The longest action of any version has 33 characters.
MAX_ACTION_CHARACTERS = 255

_call_decoder = msgspec.json.Decoder(tuple[int, str, str, msgspec.Raw])
_array_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_scalar_decoder = msgspec.json.Decoder()
_encode = msgspec.json.encode

_HEAD = re.compile(
    r"""\s*\[\s*"?(?P<type>\d{1,9})"?\s*,\s*
        (?:"(?P<text>(?:[^"\\]|\\.){0,255})"|(?P<number>-?\d{1,255})(?=[\s,\]]))
        (?:\s*,\s*"(?P<action>(?:[^"\\]|\\.){1,255})")?""",
    re.VERBOSE | re.DOTALL,
)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


@dataclass(frozen=True, slots=True)
class Call:
    """[2, id, action, payload]: to be handed to the database."""

    message_id: str
    action: str
    payload: str
    """JSON text of an object."""
    notes: tuple[str, ...] = ()
    """What was tolerated in the frame, one sentence each."""


@dataclass(frozen=True, slots=True)
class Answer:
    """[3, id, payload] or [4, id, code, description, details]: belongs to a call of ours."""

    message_type: int
    message_id: str
    payload: str
    """JSON text: the payload of a result, the details of an error."""
    error_code: str | None = None
    error_description: str | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """Not a frame, but its id can be read: answer CALLERROR `error_code`."""

    message_id: str
    action: str | None
    error_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing that can be answered (no id, an unknown message type, a broken answer)."""

    message_type: int | None
    message_id: str | None
    reason: str


Frame = Call | Answer | Malformed | Ignored


def parse(text: str, *, max_depth: int) -> Frame:
    """Return what `text` is. `max_depth` counts the brackets that may be open in a payload."""
    try:
        number, message_id, action, raw = _call_decoder.decode(text)
    except (ValueError, RecursionError):
        return _parse_odd(text, max_depth)
    payload = str(raw, "utf-8")
    if (
        number != CALL
        or payload[0] != "{"
        or len(message_id) > MAX_ID_CHARACTERS
        or not 0 < len(action) <= MAX_ACTION_CHARACTERS
        or _is_deeper(payload, max_depth)
    ):
        return _parse_odd(text, max_depth)
    return Call(message_id, action, payload)


def _parse_odd(text: str, max_depth: int) -> Frame:
    """The same for everything but a plain, correct call."""
    notes: tuple[str, ...] = ()
    try:
        try:
            elements = [str(raw, "utf-8") for raw in _array_decoder.decode(text)]
        except msgspec.ValidationError:
            return Ignored(None, None, "not a JSON array")
        except msgspec.DecodeError:
            mended = repaired(text)
            elements = [str(raw, "utf-8") for raw in _array_decoder.decode(mended)]
            notes = ("the frame was not valid JSON and was repaired",)
    except msgspec.ValidationError:
        return Ignored(None, None, "not a JSON array")
    except RecursionError:
        return _malformed(text, "the JSON is nested too deeply")
    except ValueError:
        return _malformed(text, "the frame is not valid JSON")

    message_type = _message_type(elements)
    message_id = _message_id(elements)
    if message_id is None:
        return Ignored(message_type, None, "no message id")
    if message_type == CALL:
        return _call(elements, message_id, max_depth, notes)
    if message_type in (CALL_RESULT, CALL_ERROR):
        return _answer(elements, message_type, message_id, max_depth)
    if message_type is None:
        return Malformed(message_id, None, FORMATION_VIOLATION, "the message type is not a number")
    # OCPP-J 1.6 §4.1.3: a number that is not in the list is ignored.
    return Ignored(message_type, message_id, "unknown message type")


def _call(elements: list[str], message_id: str, max_depth: int, notes: tuple[str, ...]) -> Frame:
    def bad(reason: str, action: str | None = None) -> Malformed:
        return Malformed(message_id, action, FORMATION_VIOLATION, reason)

    if len(elements) < 4:
        return bad("a call has four elements")
    action = _scalar(elements[2])
    if not isinstance(action, str) or not 0 < len(action) <= MAX_ACTION_CHARACTERS:
        return bad("the action is not a name")
    payload = elements[3]
    if payload == "null":
        # OCPP-J 1.6 §4.2.1: a call without fields may carry null.
        payload = "{}"
    if payload[0] != "{":
        return bad("the payload is not an object", action)
    if _is_deeper(payload, max_depth):
        return bad("the JSON is nested too deeply", action)
    if len(elements) > 4:
        notes = (*notes, "the frame has more than four elements")
    if elements[1][0] != '"':
        notes = (*notes, "the message id is not a string")
    return Call(message_id, action, payload, notes)


def _answer(elements: list[str], message_type: int, message_id: str, max_depth: int) -> Frame:
    wanted = 3 if message_type == CALL_RESULT else 4
    if len(elements) < wanted or any(_is_deeper(element, max_depth) for element in elements[2:]):
        return Ignored(message_type, message_id, "broken answer")
    if message_type == CALL_RESULT:
        return Answer(message_type, message_id, elements[2])
    return Answer(
        message_type,
        message_id,
        elements[4] if len(elements) > 4 else "{}",
        str(_scalar(elements[2]) or ""),
        str(_scalar(elements[3]) or ""),
    )


def _scalar(element: str) -> object:
    """The value of a JSON text that is short and no container, else None."""
    if element[0] in "[{" or len(element) > 4 * MAX_ID_CHARACTERS:
        return None
    try:
        return _scalar_decoder.decode(element)
    except ValueError:
        return None


def _message_type(elements: list[str]) -> int | None:
    number = _scalar(elements[0]) if elements else None
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _message_id(elements: list[str]) -> str | None:
    """The id as a string: what we send is always one (OCPP-J 1.6 §4.1.4), numbers come in."""
    if len(elements) < 2:
        return None
    value = _scalar(elements[1])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = elements[1]
    if not isinstance(value, str) or len(value) > MAX_ID_CHARACTERS:
        return None
    return value


def _malformed(text: str, reason: str) -> Malformed | Ignored:
    """Find the id of a frame that is no JSON (OCPP-J 1.6 §4.2.3; broken or cut off)."""
    head = _HEAD.match(text)
    if head is None:
        return Ignored(None, None, reason)
    message_type = int(head["type"])
    quoted = head["text"]
    message_id = head["number"] if quoted is None else _unquoted(quoted)
    if len(message_id) > MAX_ID_CHARACTERS:
        return Ignored(message_type, None, reason)
    if message_type != CALL:
        # An answer is never answered.
        return Ignored(message_type, message_id, reason)
    action = head["action"]
    return Malformed(
        message_id, None if action is None else _unquoted(action), FORMATION_VIOLATION, reason
    )


def _unquoted(text: str) -> str:
    """The content of a JSON string that may be broken itself."""
    try:
        value = _scalar_decoder.decode(repaired(f'"{text}"'))
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text


def _is_deeper(text: str, max_depth: int) -> bool:
    """Whether valid JSON nests deeper than `max_depth`, without building it."""
    if text.count("[") + text.count("{") <= max_depth:
        return False
    brackets = STRING.sub("", text).encode().translate(None, _NO_BRACKETS)
    for _ in range(max_depth):
        if not brackets:
            return False
        # A round takes the innermost level only: pairs are marked before any is removed.
        brackets = brackets.replace(b"[]", b".").replace(b"{}", b".").replace(b".", b"")
    return bool(brackets)


def serialize_call(message_id: str, action: str, payload: str) -> bytes:
    """Return the CALL; `payload` is JSON text of an object."""
    return b"[2,%b,%b,%b]" % (_encode(message_id), _encode(action), payload.encode())


def serialize_result(message_id: str, payload: str) -> bytes:
    """Return the CALLRESULT; `payload` is JSON text of an object."""
    return b"[3,%b,%b]" % (_encode(message_id), payload.encode())


def serialize_error(message_id: str, code: str, description: str) -> bytes:
    """Return the CALLERROR; a description holds at most 255 characters (OCPP-J 1.6 §4.2.3)."""
    return b"[4,%b,%b,%b,{}]" % (_encode(message_id), _encode(code), _encode(description[:255]))
