"""Events to programs: a business's endpoints, the outbox of what is sent to them, signed as Standard Webhooks."""
