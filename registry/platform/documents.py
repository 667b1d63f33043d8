"""The published contract and its readable pages."""
ROUTES = []
