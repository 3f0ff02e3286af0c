"""What an upgrade request says, read without a socket (OCPP-J 1.6 §3.1 and §6.2)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.http11 import Request

from bridge.handshake import Offer, basic_credentials, path_segments, shown_path


def _headers(**values: str) -> Headers:
    return Headers({name.replace("_", "-"): value for name, value in values.items()})


def _basic(text: bytes) -> Headers:
    return _headers(Authorization="Basic " + base64.b64encode(text).decode())


@pytest.mark.parametrize(
    ("target", "segments"),
    [
        ("/CP1", ("CP1",)),
        ("CP1", ("CP1",)),  # row 6
        ("//CP1/", ("CP1",)),  # row 6
        ("/greenway/CP1", ("greenway", "CP1")),
        ("/ocpp/4/CBI-1", ("ocpp", "4", "CBI-1")),  # row 5
        ("/CP1?token=1/2", ("CP1",)),
        ("/CP%201", ("CP 1",)),  # row 7
        ("/CP%2F1", ("CP/1",)),  # row 7: decoded once, after the split
        ("/CP%252F1", ("CP%2F1",)),
        ("/caf%C3%A9", ("café",)),
        ("/CP%zz", ("CP%zz",)),
        ("http://host:9000/CP1", ("CP1",)),
        ("ws://host", ()),
        ("/", ()),
        ("", ()),
        ("/CP%001", None),
        ("/CP%ff", None),
        ("/" + "x" * 256, None),
    ],
)
def test_the_path_is_split_then_decoded_once(target: str, segments: tuple[str, ...] | None) -> None:
    assert path_segments(target) == segments


@settings(deadline=None)
@given(st.text())
def test_any_path_has_an_outcome(target: str) -> None:
    for segment in path_segments(target) or ():
        assert segment
        assert "\0" not in segment


@pytest.mark.parametrize(
    "target", ["/CP1", "/CP1?password=x", "wss://CP1:x@host/CP1?a", "HTTP://x@host/CP1#x"]
)
def test_what_may_hold_credentials_is_not_shown(target: str) -> None:
    assert shown_path(target) == "/CP1"


def test_credentials_split_at_the_first_colon_on_bytes() -> None:
    """Row 12: keys may hold colons and need not be text."""
    assert basic_credentials(_basic(b"CP1:a:\xff\0b:")) == ("CP1", b"a:\xff\0b:")


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_scheme_is_case_insensitive_and_padding_optional(scheme: str) -> None:
    token = base64.b64encode(b"CP1:k").decode().rstrip("=")
    assert basic_credentials(_headers(Authorization=f"{scheme}  {token}")) == ("CP1", b"k")


@pytest.mark.parametrize(
    "value", ["", "Basic", "Basic !!!", "Basic Q1Ax", "Bearer abc", "Basic é", "Q1AxOms="]
)
def test_an_unreadable_header_is_no_header(value: str) -> None:
    assert basic_credentials(_headers(Authorization=value)) == (None, None)


def test_two_headers_are_none() -> None:
    headers = _basic(b"CP1:a")
    headers["Authorization"] = "Basic " + base64.b64encode(b"CP1:b").decode()
    assert basic_credentials(headers) == (None, None)


@settings(deadline=None)
@given(st.binary())
def test_any_credentials_have_an_outcome(content: bytes) -> None:
    user, password = basic_credentials(_basic(content))
    if user is None:
        assert password is None
    else:
        assert "\0" not in user
        assert content.endswith(password or b"")


def test_subprotocols_keep_the_clients_order_over_all_headers() -> None:
    """Row 2, OCPP-J 1.6 §3.1.3."""
    headers = Headers()
    headers["Sec-WebSocket-Protocol"] = "ocpp2.0.1, ocpp1.6 ,,"
    headers["Sec-WebSocket-Protocol"] = "ocpp 1.5"
    offer = Offer.from_request(Request("/CP1", headers))
    assert offer is not None
    assert offer.subprotocols == ("ocpp2.0.1", "ocpp1.6", "ocpp 1.5")


def test_an_offer_shows_no_password() -> None:
    offer = Offer.from_request(Request("/CP1", _basic(b"CP1:secret")))
    assert offer is not None
    assert "secret" not in repr(offer)
