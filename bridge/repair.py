"""Mending of JSON that firmware gets wrong inside its strings (QUIRKS rows 36 and 37).

Raw control characters, stray backslashes and half surrogate pairs make a frame invalid JSON,
while what it says is plain. Refusing it would lose the session it belongs to, so those, and
what a C program leaves around a string (a byte order mark, NUL bytes), are mended; a broken
structure is not.
"""

from __future__ import annotations

import re

__all__ = ["STRING", "repaired"]

STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
"""A JSON string, or what was begun as one: so that a search never goes back, whatever the text."""

# Longer frames are never mended: it takes a Python call for each flaw, while others wait.
MAX_CHARACTERS = 65_536

_FLAW = re.compile(
    r"""(?P<good>\\(?:["\\/bfnrt]
                  |u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
                  |u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))
      | (?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})
      | (?P<stray>\\)
      | (?P<control>[\x00-\x1f])""",
    re.VERBOSE,
)
_AROUND = "\ufeff\0 \t\r\n"


def repaired(text: str) -> str:
    """Return `text` with its strings mended; JSON that is valid comes back the same."""
    if len(text) > MAX_CHARACTERS:
        return text
    return STRING.sub(_mend_string, text.strip(_AROUND))


def _mend_string(match: re.Match[str]) -> str:
    return _FLAW.sub(_mend_flaw, match[0])


def _mend_flaw(match: re.Match[str]) -> str:
    if match["good"] is not None:
        return match["good"]
    if match["half"] is not None:
        return "\\ufffd"
    if match["stray"] is not None:
        return "\\\\"
    return f"\\u{ord(match[0]):04x}"
