"""Disputes: the reported person is heard, by the clock, by a moderator who did not screen the report."""
