"""From answers to records: pages, lists, partitions, what `check` finds out, and the plan of a sync."""
