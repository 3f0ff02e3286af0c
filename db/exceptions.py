"""What can go wrong in the commands, each with a sentence for the person who typed one.

`python -m db` prints the sentence and exits with `exit_status`; it never shows a traceback
for one of these.
"""

from __future__ import annotations

__all__ = [
    "ApplyError",
    "ClusterError",
    "LintError",
    "MigrationError",
    "SettingsError",
    "SourceError",
    "StackError",
    "VoltaroError",
]


class VoltaroError(Exception):
    """An expected failure; its text is one readable line (or a short list)."""

    exit_status = 1


class SettingsError(VoltaroError):
    """The environment or the secrets file says something unusable."""

    exit_status = 2


class ClusterError(VoltaroError):
    """The embedded PostgreSQL cannot be made, started or stopped."""


class MigrationError(VoltaroError):
    """A migration failed, was edited after it ran, or is unknown to this checkout."""


class SourceError(VoltaroError):
    """A file of db/code is not in a form that can be applied."""


class ApplyError(VoltaroError):
    """db/code could not be applied; the database is as it was."""


class LintError(VoltaroError):
    """The catalogue breaks a rule of db/lint; the database is as it was."""


class StackError(VoltaroError):
    """The stack cannot start, stop or answer."""
