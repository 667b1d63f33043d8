"""The one error that the embedded server raises.

It is apart so that every file of this package can raise it without importing another one.
Its text is written for the person at the terminal: what is wrong, where, and what to do.
"""


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot be started, stopped or prepared."""
