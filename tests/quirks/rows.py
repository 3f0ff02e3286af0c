"""What real chargers do, row by row: each number must have a test that bears it.

A test bears a number by `@pytest.mark.quirk(16)`, wherever it stands; test_rows.py compares.
"""

from __future__ import annotations

__all__ = ["LATER", "ROWS"]

ROWS: dict[int, str] = {
    # Handshake, identity, TLS
    1: "no subprotocol header at all",
    2: "several protocols are offered: the client's order counts",
    3: "a protocol of another case or name",
    4: "another version after a reconnect",
    5: "an extra path segment",
    6: "trailing, double and missing slashes",
    7: "an identity that is percent-encoded, or not",
    8: "no Connection: Upgrade",
    9: "an identity in another case",
    10: "the Basic user is not the identity",
    11: "the key as hex text",
    12: "a password with colons and bytes that are no text",
    13: "a new chain is not trusted",
    14: "TLS 1.0 only",
    15: "TLS and garbage on the plain port",
    # Connection life
    16: "power loss leaves the old socket half open",
    17: "two live sockets of one charger",
    18: "the old socket's end comes after the new one's begin",
    19: "pings are never answered",
    20: "idle sockets are cut by the charger",
    21: "a read deadline as short as a heartbeat",
    22: "heartbeats flow, but no call is ever answered",
    23: "no BootNotification on reconnect",
    24: "a boot on every reconnect, and no calls before it",
    25: "TriggerMessage of a boot makes it reboot",
    26: "GetConfiguration of one key makes it reboot",
    27: "reboots every minute",
    28: "all come back at once after a restart",
    29: "compressed frames without negotiation",
    30: "offers compression",
    31: "fragmented messages",
    32: "large messages",
    # Frames and JSON
    33: "broken JSON with a readable id",
    34: "a frame that is cut off",
    35: "a payload that is null",
    36: "stray backslashes and line ends in strings",
    37: "control bytes behind an id token",
    38: "the same message id again",
    39: "a retry under a new message id",
    40: "message ids start over at a boot",
    41: "an answer to a call that nobody made",
    42: "calls of both sides cross",
    43: "one call at a time, answered late",
    44: "message ids must be strings",
    45: "times with Z and without fractions",
    46: "after an error the same stop for ever",
    47: "after an invalid answer the same boot for ever",
    48: "messages that a central system may not know",
    # Fields, enumerations, units, time
    49: "serial numbers and models that are too long",
    50: "id tokens that are too long",
    51: "unknown words in enumerations",
    52: "two spellings of a unit",
    53: "fields that no schema has",
    54: "a stop without a reason",
    55: "values without a unit",
    56: "kWh labelled Wh",
    57: "values that are no numbers",
    58: "local time with a Z",
    59: "the year 1970",
    60: "the state of connector 0",
    61: "a burst of states at the first contact",
    # Transactions, meters, tokens
    62: "a stop of transaction 0 or -1",
    63: "a stop of a session that never started",
    64: "the start was lost, the stop arrives",
    65: "the start comes twice",
    66: "the stop comes twice",
    67: "a replay that is days late",
    68: "readings of a transaction that is over",
    69: "readings without a transaction",
    70: "the register stops below its start",
    71: "no readings at all",
    72: "the session goes on after a power cut",
    73: "starts without asking, and whatever the answer",
    74: "a refused start is stopped with its id",
}

LATER: dict[int, str] = {75: "OCPP 2.x only"}
