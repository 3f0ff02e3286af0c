"""Whatever address is let through, other readers of addresses read the allowed place in it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.databases import Database

HOST = "depot.greenway.example"
PATH = "/logs/"

# What addresses are made of, and what tricks are made of.
PIECES = st.sampled_from(
    [
        *("https", "http", "HTTPS", "ftp", ":", "://", "/", "//", "\\", "@", "?", "#", ";", "&"),
        *(HOST, HOST.upper(), "evil.example", ".", "..", "...", "%2e", "%2E%2e", "%2f", "%5c"),
        *("%00", "%20", "%25", "%252e", "logs", "logs/", "/logs/", "{ticket}", "x", "a.bin"),
        *(
            ":443",
            ":80",
            ":0",
            ":65536",
            "user",
            "user:pw",
            " ",
            "\t",
            "\n",
            "\r",
            "\u3002",
            "\uff0f",
        ),
        *("[::1]", "127.1", "0x7f", "xn--", "\u0131", "\x00", "vt_", "-", "_", "~", "'", '"', "<"),
    ]
)
TAIL = st.lists(PIECES, max_size=6).map("".join)
ADDRESS = st.one_of(
    TAIL,
    TAIL.map(lambda tail: f"https://{HOST}{tail}"),
    TAIL.map(lambda tail: f"https://{HOST}{PATH}{tail}"),
    st.tuples(TAIL, TAIL).map(lambda two: f"https://{two[0]}{HOST}{PATH}{two[1]}"),
    st.tuples(TAIL, TAIL).map(lambda two: f"https://{two[0]}@{HOST}{two[1]}{PATH}"),
)


@pytest.fixture(scope="module")
def owner(module_database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection that may call the function; the prefix is that of the personas."""
    with psycopg.connect(module_database.superuser_url, autocommit=True) as connection:
        yield connection


def prepared(owner: psycopg.Connection[tuple[Any, ...]], address: str) -> str | None:
    """The address that a charger would get, None when it is refused."""
    try:
        row = owner.execute(
            "select fleet.prepare_location(101, 'upload', %s)", [address]
        ).fetchone()
    except psycopg.Error as error:
        if error.sqlstate != "PT400":
            raise
        return None
    assert row is not None
    return str(row[0])


def test_other_readers_read_the_allowed_place(
    owner: psycopg.Connection[tuple[Any, ...]],
) -> None:
    let_through = 0

    @settings(max_examples=1500, deadline=None)
    @given(ADDRESS)
    def check(address: str) -> None:
        nonlocal let_through
        if "\x00" in address:
            return  # no text of PostgreSQL
        if (found := prepared(owner, address)) is None:
            return
        let_through += 1
        one, two = urlsplit(found), httpx.URL(found)
        assert (one.scheme, one.hostname, one.port) == ("https", HOST, None)
        assert (two.scheme, two.host, two.port) == ("https", HOST, None)
        assert one.username is None
        assert not two.userinfo
        for path in (one.path, two.path, unquote(unquote(one.path))):
            assert posixpath.normpath(path.replace("\\", "/")).startswith(PATH)
        assert found.isascii()
        assert found.isprintable()

    check()
    assert let_through > 20, "the addresses are too strange to try anything"
