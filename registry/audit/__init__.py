"""The audit log: who did and saw what. Append-only, written in the transaction of the change itself."""
