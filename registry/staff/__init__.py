"""Moderators and operators, their keys, and the reading of the audit log."""
