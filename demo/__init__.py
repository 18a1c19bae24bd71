"""The demo: an invented company, two syncs into DuckDB, and what one can ask of the result. No Gong account needed."""
