"""How one request reaches Gong: pace, signing, sending, and what its answer means. Knows nothing of streams."""
