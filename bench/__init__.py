"""The benchmark: what `docs/performance.md` claims, measured against references in the same run."""
