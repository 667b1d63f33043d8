"""Members: sign-up, verification, suspension, and the API keys by which a business is known."""
