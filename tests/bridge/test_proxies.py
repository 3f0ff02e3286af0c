"""Who is behind a proxy, read without a socket: PROXY v2, X-Forwarded-For and Forwarded."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.datastructures import Headers

from bridge.exceptions import SettingsError
from bridge.proxies import HEAD_BYTES, Origin, Proxies, body_size, parse_body
from tests.bridge.proxy_header import extension, proxy_header

PROXIES = Proxies.from_environment({"VOLTARO_TRUSTED_PROXIES": "10.0.0.0/8, ::1, 2001:db8::/48"})
FORWARDED = Proxies.from_environment(
    {"VOLTARO_TRUSTED_PROXIES": "10.0.0.0/8", "VOLTARO_FORWARDED_HEADER": "Forwarded"}
)


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.1.2.3", False),
        ("::1", True),
        ("2001:db8:0:1::5", True),
        ("2001:db9::5", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_only_listed_proxies_are_trusted(address: str, is_trusted: bool) -> None:
    assert PROXIES.trusts(address) == is_trusted
    assert not Proxies().trusts(address)


@pytest.mark.parametrize(
    ("values", "client"),
    [
        ([], "10.0.0.1"),
        (["192.0.2.7"], "192.0.2.7"),
        (["1.1.1.1, 192.0.2.7"], "192.0.2.7"),  # the left one is the client's own invention
        (["1.1.1.1", "192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7, 10.0.0.9"], "192.0.2.7"),
        (["10.0.0.8, 10.0.0.9"], "10.0.0.8"),
        (["192.0.2.7:4711"], "192.0.2.7"),
        (["[2001:db9::7]:4711"], "2001:db9::7"),
        (["2001:db9::7"], "2001:db9::7"),
        (["::ffff:192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7, unknown"], "10.0.0.1"),
        (["192.0.2.7, , 10.0.0.9,"], "192.0.2.7"),
    ],
)
def test_the_right_most_untrusted_address_counts(values: list[str], client: str) -> None:
    headers = Headers()
    for value in values:
        headers["X-Forwarded-For"] = value
    headers["Forwarded"] = "for=203.0.113.1"  # not the chosen header
    assert PROXIES.find_client(headers, "10.0.0.1") == client


@pytest.mark.parametrize(
    ("value", "client"),
    [
        ("for=192.0.2.7", "192.0.2.7"),
        ('for="192.0.2.7:80";proto=http', "192.0.2.7"),
        ('proto=https;For="[2001:db9::7]:80"', "2001:db9::7"),
        ("for=1.1.1.1, for=192.0.2.7;by=10.0.0.1, for=10.0.0.9", "192.0.2.7"),
        ("for=_hidden", "10.0.0.1"),
        ("by=10.0.0.9", "10.0.0.1"),
        ("for=", "10.0.0.1"),
    ],
)
def test_forwarded_is_read_when_it_is_chosen(value: str, client: str) -> None:
    """RFC 7239 §4 to §6."""
    headers = Headers({"Forwarded": value, "X-Forwarded-For": "203.0.113.1"})
    assert FORWARDED.find_client(headers, "10.0.0.1") == client


@settings(deadline=None)
@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126))))
def test_any_header_has_an_outcome(values: list[str]) -> None:
    for proxies, name in ((PROXIES, "X-Forwarded-For"), (FORWARDED, "Forwarded")):
        headers = Headers()
        for value in values:
            headers[name] = value
        ipaddress.ip_address(proxies.find_client(headers, "10.0.0.1"))


@pytest.mark.parametrize(
    "environment",
    [
        {"VOLTARO_TRUSTED_PROXIES": "10.0.0.1/8"},
        {"VOLTARO_TRUSTED_PROXIES": "haproxy"},
        {"VOLTARO_PROXY_PROTOCOL": "yes"},
        {"VOLTARO_FORWARDED_HEADER": "x-real-ip"},
    ],
)
def test_unusable_settings_are_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(environment))):
        Proxies.from_environment(environment)


def _parse(data: bytes) -> Origin:
    head = data[:HEAD_BYTES]
    size = body_size(head)
    assert len(data) == HEAD_BYTES + size
    return parse_body(head, data[HEAD_BYTES:])


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db9::7"])
def test_a_proxy_header_names_the_client(address: str) -> None:
    assert _parse(proxy_header(address)) == Origin(address, None)


def test_a_proxy_header_may_tell_of_its_tls() -> None:
    """proxy-protocol.txt §2.2.6: the client used TLS with the proxy."""
    tls = extension(0x20, b"\x01\0\0\0\0" + extension(0x21, b"TLSv1.3") + extension(0x22, b"cn"))
    data = proxy_header("192.0.2.7", extensions=extension(0x04, b"\0\0") + tls)
    assert _parse(data) == Origin("192.0.2.7", "TLSv1.3")
    plain = extension(0x20, b"\x00\0\0\0\0" + extension(0x21, b"TLSv1.3"))
    assert _parse(proxy_header("192.0.2.7", extensions=plain)) == Origin("192.0.2.7", None)


@pytest.mark.parametrize("version", [b"", b"\0", b"TLSv1.2\0", b"TLS\xff", b"T" * 21, b"TLS 1\n"])
def test_a_tls_version_that_is_no_name_is_no_tls(version: bytes) -> None:
    tls = extension(0x20, b"\x01\0\0\0\0" + extension(0x21, version))
    assert _parse(proxy_header("192.0.2.7", extensions=tls)) == Origin("192.0.2.7", None)


def test_a_mapped_address_is_its_ipv4() -> None:
    assert _parse(proxy_header("::ffff:192.0.2.7")) == Origin("192.0.2.7", None)


def test_a_health_check_of_the_proxy_names_nobody() -> None:
    assert _parse(proxy_header(None)) == Origin(None, None)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"PROXY TCP4 1.1.1.",
        proxy_header("192.0.2.7")[:12] + b"\x11\x11\0\x0c",  # version 1 in binary: none such
        proxy_header("192.0.2.7")[:12] + b"\x21\x11\0\x04abcd",
        proxy_header("192.0.2.7")[:12] + b"\x21\x11\xff\xff",
    ],
)
def test_what_is_no_proxy_header_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="PROXY"):
        _parse(data)


@settings(deadline=None)
@given(st.binary(min_size=4, max_size=4), st.binary(max_size=300))
def test_any_proxy_header_has_an_outcome(kind: bytes, body: bytes) -> None:
    head = proxy_header("192.0.2.7")[:12] + kind
    try:
        body_size(head)
        origin = parse_body(head, body)
    except ValueError:
        return
    assert origin.tls_version is None or origin.tls_version.isprintable()
    if origin.address is not None:
        ipaddress.ip_address(origin.address)
