"""What can go wrong in a job outside the database."""

from __future__ import annotations

__all__ = ["AuthorityError", "FilesError", "JobsError", "RequestError"]


class JobsError(Exception):
    """The root of these."""


class AuthorityError(JobsError):
    """The certificate authority is not there, or did not sign; it may do so later."""


class FilesError(JobsError):
    """The file server cannot listen as its settings say."""


class RequestError(JobsError):
    """A certificate signing request that cannot be read."""
