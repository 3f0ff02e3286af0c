"""What can go wrong in a job outside the database."""

from __future__ import annotations

__all__ = [
    "AuthorityError",
    "DebitFileError",
    "DocumentError",
    "FilesError",
    "JobsError",
    "RequestError",
    "StatementError",
    "WebhookError",
]


class JobsError(Exception):
    """The root of these."""


class AuthorityError(JobsError):
    """The certificate authority is not there, or did not sign; it may do so later."""


class DebitFileError(JobsError):
    """A batch of direct debits that makes no valid file; it has to be put right by a person."""


class DocumentError(JobsError):
    """The documents of an invoice cannot be made, or are not valid; trying again does not help."""


class FilesError(JobsError):
    """The file server cannot listen as its settings say."""


class RequestError(JobsError):
    """A certificate signing request that cannot be read."""


class WebhookError(JobsError):
    """A webhook whose address cannot be used; it may be another one later."""


class StatementError(JobsError):
    """A file of account statements that cannot be read, or contradicts itself."""

    def __init__(self, sentence: str, reason: str = "statement_unreadable") -> None:
        """`reason` is what core.bank_files keeps."""
        super().__init__(sentence)
        self.reason = reason
