"""The client registry: businesses warn each other, fairly, of clients who did not keep a contract."""
