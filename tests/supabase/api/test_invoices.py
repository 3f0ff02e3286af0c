"""tests/api/test_invoices.py on the database that Supabase's CLI made."""

from tests.api.test_invoices import *  # noqa: F403 - its tests and its fixtures
