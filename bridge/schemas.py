"""JSON schemas of every message, from the `ocpp` package, by OCPP version and action.

A charger that breaks a schema is tolerated: the violations go to the database with the
payload, and the function of the action decides. What we send must be valid.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema_rs
import msgspec

from bridge.exceptions import SettingsError

__all__ = ["Schemas", "digest", "request_schemas"]

MAX_VIOLATIONS = 20
MAX_MESSAGE_CHARACTERS = 200

# jsonschema-rs lists all violations before it gives the first: in a larger payload of a hostile
# charger that takes seconds, so there only the first one is reported.
MAX_LISTED_CHARACTERS = 8_192

# Most payloads are repeated ({} above all); the checks of short ones are remembered.
MAX_REMEMBERED_CHARACTERS = 64
MAX_REMEMBERED = 4_096

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


def request_schemas(version: str) -> dict[str, dict[str, Any]]:
    """Return the schemas of all requests of an OCPP version by action: {"Reset": {...}, ...}.

    The database checks with them what it queues. Raises SettingsError if the version is unknown.
    """
    schemas: dict[str, dict[str, Any]] = {}
    for file in _folder(version).iterdir():
        # Reset.json and ResetResponse.json in 1.6, ResetRequest.json and so on in 2.x.
        action = file.name.removesuffix(".json").removesuffix("Request")
        if file.name.endswith(".json") and not action.endswith("Response"):
            schemas[action] = json.loads(file.read_text(encoding="utf-8-sig"))
    return dict(sorted(schemas.items()))


def digest(schemas: dict[str, dict[str, Any]]) -> str:
    """Return a name for schemas as `request_schemas` gives them: equal if and only if they are."""
    return hashlib.sha256(json.dumps(schemas, sort_keys=True).encode()).hexdigest()


def _folder(version: str) -> Traversable:
    name = "v" + version.replace(".", "")
    if not (name.isascii() and name.isalnum()):
        raise SettingsError(f"no schemas for OCPP {version!r}")
    folder: Traversable = importlib.resources.files("ocpp") / name / "schemas"
    if not folder.is_dir():
        raise SettingsError(f"no schemas for OCPP {version!r}")
    return folder


class Schemas:
    """The schemas of one OCPP version, compiled when they are first needed."""

    __slots__ = ("_folder", "_remembered", "_requests", "_responses")

    def __init__(self, version: str) -> None:
        """`version` as the database names it, e.g. 1.6. Raises SettingsError if unknown."""
        self._folder = _folder(version)
        # Action -> validator, None where the version has no such message.
        self._requests: dict[str, jsonschema_rs.Validator | None] = {}
        self._responses: dict[str, jsonschema_rs.Validator | None] = {}
        # (is a response, action, payload) of short payloads known to be valid.
        self._remembered: set[tuple[bool, str, str]] = set()

    def request_violations(self, action: str, payload: str) -> list[dict[str, str]]:
        """Return what is wrong with a request: {path, keyword, message} each, at most 20.

        An unknown action has no schema and thus no violations.
        """
        key = (False, action, payload)
        if key in self._remembered:
            return []
        validator = self._requests.get(action)
        if validator is None:
            if action in self._requests:
                return []
            validator = self._compile(action, "", "Request")
            if validator is None and len(self._requests) >= MAX_REMEMBERED:
                return []
            self._requests[action] = validator
            if validator is None:
                return []
        try:
            instance = _decoder.decode(payload)
        except ValueError as error:
            # Valid JSON that does not fit a machine number.
            return [_violation("", "number", str(error))]
        if validator.is_valid(instance):
            self._remember(key)
            return []
        return _violations(validator, instance, is_short=len(payload) <= MAX_LISTED_CHARACTERS)

    def outgoing_violations(self, action: str, payload: str) -> list[dict[str, str]]:
        """What is wrong with a request of ours; a message without a schema is never right."""
        violations = self.request_violations(action, payload)
        if not violations and self._requests.get(action) is None:
            return [_violation("", "action", "the message has no schema")]
        return violations

    def response_violations(self, action: str, payload: str) -> list[dict[str, str]]:
        """Return what is wrong with an answer to a request of ours, as request_violations does."""
        validator = self._response_validator(action)
        if validator is None:
            return []
        try:
            instance = _decoder.decode(payload)
        except ValueError as error:
            return [_violation("", "number", str(error))]
        if validator.is_valid(instance):
            return []
        return _violations(validator, instance, is_short=len(payload) <= MAX_LISTED_CHARACTERS)

    def is_valid_response(self, action: str, payload: str) -> bool:
        """Whether `payload` may be sent as the answer to `action`; never for an unknown one."""
        key = (True, action, payload)
        if key in self._remembered:
            return True
        validator = self._response_validator(action)
        try:
            if validator is None or not validator.is_valid(_decoder.decode(payload)):
                return False
        except ValueError:
            return False
        self._remember(key)
        return True

    def _response_validator(self, action: str) -> jsonschema_rs.Validator | None:
        if action not in self._responses:
            self._responses[action] = self._compile(action, "Response")
        return self._responses[action]

    def _compile(self, action: str, *suffixes: str) -> jsonschema_rs.Validator | None:
        """Compile the first of `<action><suffix>.json` that exists (1.6 and 2.x differ)."""
        if not (action.isascii() and action.isalnum()) or len(action) > 64:
            return None
        for suffix in suffixes:
            file = self._folder / f"{action}{suffix}.json"
            if file.is_file():
                schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8-sig"))
                return jsonschema_rs.validator_for(schema, validate_formats=True)
        return None

    def _remember(self, key: tuple[bool, str, str]) -> None:
        if len(key[2]) <= MAX_REMEMBERED_CHARACTERS:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered.add(key)


def _violations(
    validator: jsonschema_rs.Validator, instance: object, *, is_short: bool
) -> list[dict[str, str]]:
    errors: list[jsonschema_rs.ValidationError] = []
    try:
        if is_short:
            errors = list(validator.iter_errors(instance))[:MAX_VIOLATIONS]
        else:
            validator.validate(instance)
    except jsonschema_rs.ValidationError as error:
        errors = [error]
    except ValueError as error:
        return [_violation("", "schema", str(error))]
    return [
        _violation(
            "".join(
                "/" + str(part).replace("~", "~0").replace("/", "~1")
                for part in error.instance_path
            ),
            str(error.schema_path[-1]) if error.schema_path else "schema",
            error.message,
        )
        for error in errors
    ]


def _violation(path: str, keyword: str, message: str) -> dict[str, str]:
    # PostgreSQL's jsonb has no NUL.
    return {
        "path": path[:MAX_MESSAGE_CHARACTERS].replace("\0", "\u2400"),
        "keyword": keyword,
        "message": message[:MAX_MESSAGE_CHARACTERS].replace("\0", "\u2400"),
    }
