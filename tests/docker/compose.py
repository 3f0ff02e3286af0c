"""docker-compose.yml as Docker would read it: variables filled in, without an engine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from db.settings import ROOT

__all__ = ["COMPOSE", "TEXT", "MissingVariable", "environment_of", "interpolate", "variables"]

TEXT = (ROOT / "docker-compose.yml").read_text()

COMPOSE: Mapping[str, Any] = yaml.safe_load(TEXT)
"""The file as it is written; merge keys are resolved."""

# Compose's rules: ${NAME}, ${NAME:-default}, ${NAME:?message} and ${NAME:+instead}; `:` counts an
# empty one as unset.
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?+])(?P<word>[^}]*))?\}")


class MissingVariable(Exception):
    """A required variable is not set; the text is what Docker would print."""


def variables(text: str) -> dict[str, set[str]]:
    """Names of the variables in a text, each with its kinds: '-', '?', '+' or '' (none)."""
    found: dict[str, set[str]] = {}
    for match in _VARIABLE.finditer(text):
        found.setdefault(match["name"], set()).add(match["kind"] or "")
    return found


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """Fill in the variables of a text. Raises MissingVariable."""

    def fill(match: re.Match[str]) -> str:
        value = values.get(match["name"], "")
        if match["kind"] == "+":
            return str(match["word"]) if value else ""
        if value or match["kind"] is None:
            return value
        if match["kind"] == "?":
            raise MissingVariable(
                f"required variable {match['name']} is missing a value: {match['word']}"
            )
        return str(match["word"])

    return _VARIABLE.sub(fill, text)


def environment_of(service: str, values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service's container. Raises MissingVariable."""
    return {
        name: interpolate(str(value), values)
        for name, value in COMPOSE["services"][service]["environment"].items()
    }


def read_env_file(text: str) -> dict[str, str]:
    """The variables of a .env file."""
    return dict(
        line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#")
    )


def command_of(service: str) -> list[str]:
    """The health check of a service as an argument list."""
    kind, *rest = COMPOSE["services"][service]["healthcheck"]["test"]
    return rest if kind == "CMD" else shlex.split(rest[0])
