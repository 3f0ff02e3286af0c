"""Fuzzing of what a stranger may send first: frames, handshakes and headers of proxies."""
