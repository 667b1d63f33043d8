"""Budgets: how many lookups a business and each of its keys may make, counted exactly across processes."""
