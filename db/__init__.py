"""The database of Voltaro and the commands that run it: `python -m db`."""
