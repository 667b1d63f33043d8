"""The architecture, held by tests: imports, sizes, and the rules that the source text shows."""
