"""Everything that can go wrong in the bridge and that somebody handles."""

from __future__ import annotations

__all__ = [
    "BridgeError",
    "DatabaseAway",
    "OutcomeUnknown",
    "SettingsError",
    "StatementFailed",
    "StatementRetryable",
]


class BridgeError(Exception):
    """Base of the bridge's own exceptions."""


class SettingsError(BridgeError):
    """An environment variable, or the data of ocpp.start_bridge, says something unusable."""


class DatabaseAway(BridgeError):
    """The database cannot be reached; the statement was not sent."""


class OutcomeUnknown(BridgeError):
    """The statement was sent and its connection was lost or timed out.

    It may have been committed or not, so nothing may be answered that depends on it.
    """


class StatementRetryable(BridgeError):
    """The statement was rolled back by a conflict (40001, 40P01): run it again."""


class StatementFailed(BridgeError):
    """The statement was rolled back, and would be again.

    `is_ours` tells our own trouble (a full disk, a missing function) from data that the
    database cannot take (SQLSTATE classes 21 to 23). `is_timeout` says that it took too long
    (57014), `is_blocked` that somebody held a lock for too long (55P03), `is_stale` that a
    connection is not known any more (55000).
    """

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate
        self.is_ours = sqlstate[:2] not in {"21", "22", "23"}
        self.is_timeout = sqlstate == "57014"
        self.is_blocked = sqlstate == "55P03"
        self.is_stale = sqlstate == "55000"
