"""What can go wrong in a job outside the database."""

from __future__ import annotations

__all__ = ["AuthorityError", "JobsError", "RequestError"]


class JobsError(Exception):
    """The root of these."""


class AuthorityError(JobsError):
    """The certificate authority is not there, or did not sign; it may do so later."""


class RequestError(JobsError):
    """A certificate signing request that cannot be read."""
