"""The tests of tests/api, once more, on the database that Supabase's CLI made."""
