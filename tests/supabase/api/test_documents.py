"""tests/api/test_documents.py on the database that Supabase's CLI made."""

from tests.api.test_documents import *  # noqa: F403 - its tests and its fixtures
