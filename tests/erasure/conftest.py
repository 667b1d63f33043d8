"""A published report, its reporter and its person."""

from tests.disputes.conftest import person, report, reporter

__all__ = ["person", "report", "reporter"]
