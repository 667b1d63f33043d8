"""What members of staff may do."""

from enum import StrEnum


class Role(StrEnum):
    """What a staff key is for."""

    #: Screens reports and rules on disputes.
    MODERATOR = "moderator"
    #: Verifies businesses, reads the audit log, records bounces.
    OPERATOR = "operator"
