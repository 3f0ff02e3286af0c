"""The real Supabase CLI against a database prepared like a Supabase one."""
