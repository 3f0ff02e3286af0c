"""What tests share: one PostgreSQL per run, databases cloned from a template, processes."""
