"""Recordings: their addresses, their download, and what is remembered of them between syncs."""
