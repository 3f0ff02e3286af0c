"""tests/api/test_openapi.py on the database that Supabase's CLI made."""

from tests.api.test_openapi import *  # noqa: F403 - its tests and its fixtures
