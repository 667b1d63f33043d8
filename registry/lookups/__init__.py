"""Looking a client up: the answer, its receipt, and the asking business's own terms."""
