"""The one thing that goes wrong here: a value that cannot be read.

Lives here: `Unreadable`, raised by every `normalise`. Not here: how it travels (the wire's problem
documents). Its sentence goes to the customer and into logs, so it never repeats the value.
"""


class Unreadable(ValueError):
    """A value that cannot be read as what its field holds."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        #: One English sentence for the customer; it never repeats the value.
        self.detail = detail
