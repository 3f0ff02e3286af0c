"""Values for JSON schemas: most fit, some are odd (hypothesis)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

__all__ = ["is_storable", "junk", "values"]

TIMES = [
    "2026-11-20T12:00:00Z", "2026-11-20t12:00:00.123z", "2026-11-20T12:00:00+23:59",
    "2026-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "0000-02-29T00:00:00Z", "2026-11-20",
    "2026-11-20 12:00:00Z", "2026-11-20T12:00:00", "2026-11-20T24:00:00Z", "2026-11-20T12:60:00Z",
    "2026-12-31T23:59:60Z", "2026-12-31T22:59:60Z", "2026-12-31T22:59:60-01:00",
    "2027-01-01T05:29:60.5+05:30", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z", "2026-11-20T12:00:00.Z", "2026-11-20T12:00:00+24:00",
    "2026-11-20T12:00:00+01:60", "2026-11-20T12:00:00+0100", "2026-11-20T12:00:00Z\n",
    "\uff12026-11-20T12:00:00Z", "",
]  # fmt: skip
ADDRESSES = [
    "ftp://user:password@depot.example.com:21/a/b?c=d#e", "https://depot.example.com/", "http://",
    "http:", "a:?", "urn:a:b", "//x", "x", "", "http://a b/", "http://a/%zz", "http://a/%c3%a9",
    "http://\u00e9/", "http://[::1]:8080/", "http://[1::2::3]/", "http://[1.2.3.4]/",
    "http://[::ffff:1.2.3.4]/", "http://[v1.a]/", "http://[zz]/", "http://h:port/", "1a:b",
    "a:b#c#d", "a://b@c@d", "http://a/[b]", "file:///x", "http://h\\x", "mailto:x@y",
    "HTTP://A/;p?q//?", "http://a/^",
]  # fmt: skip

junk: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.decimals(-1000, 1000, places=2).map(float),
    st.text(max_size=30),
    st.sampled_from(["Accepted", "Soft", 1.0, 0.1, 0.15, [], {}, [None], {"a": 1}, "\U0001f50c"]),
)


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow a $ref to a definition."""
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    return schema


@st.composite
def texts(draw: st.DrawFn, schema: dict[str, Any]) -> str:
    """Texts around the limits of a schema."""
    match schema.get("format"):
        case "date-time":
            return draw(st.one_of(st.sampled_from(TIMES), st.datetimes().map(str)))
        case "uri":
            return draw(st.one_of(st.sampled_from(ADDRESSES), st.text(max_size=20)))
    longest = min(schema.get("maxLength", 30), 600)
    at_most = st.sampled_from(["x", "\u00e9", "\U0001f50c"]).map(lambda c: c * longest)
    return draw(st.one_of(st.text(max_size=20), at_most, st.just("x" * (longest + 1))))


@st.composite
def objects(draw: st.DrawFn, schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Objects with most of what is required and half of the rest."""
    value = {}
    for key, part in schema.get("properties", {}).items():
        likely = 19 if key in schema.get("required", []) else 10
        if draw(st.integers(0, 19)) < likely:
            value[key] = draw(values(part, root))
    if draw(st.integers(0, 19)) == 0:
        value[draw(st.sampled_from(["customData", "x/~y", ""]))] = 1
    return value


def values(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that mostly fit a schema, with something odd here and there."""
    schema = resolve(schema, root)
    fitting: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
        "string": lambda: texts(schema),
        "integer": lambda: st.one_of(st.integers(0, 2), st.integers(-(2**31), 2**31), st.just(1.0)),
        "number": lambda: st.integers(-(10**7), 10**7).map(lambda n: n / 100),
        "boolean": st.booleans,
        "array": lambda: st.lists(values(schema["items"], root), max_size=3),
        "object": lambda: objects(schema, root),
    }
    if "enum" in schema:
        likely = st.sampled_from([*schema["enum"], "Neither"])
    else:
        likely = fitting[schema["type"]]()
    return st.integers(0, 19).flatmap(lambda n: likely if n else junk)


def is_storable(value: Any) -> bool:
    """Whether PostgreSQL's jsonb can hold it: no NUL and no half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in json.dumps(value)
