"""Demonstration data: an invented history of a registry, played through the real services once."""
