"""What people type into a field when a client gave nothing: not somebody's number, code or address.

Two strangers with the same placeholder would be one person. So it is refused, and the caller is asked to leave the
field out. One digit throughout and digits in order are placeholders of every kind; the rest is data
(`placeholders.toml`).
"""

import tomllib
from pathlib import Path

#: Digits at the end of a phone number that tell a placeholder from a country or operator code.
_SUBSCRIBER, _WITH_OPERATOR = 7, 9
_ASCENDING, _DESCENDING = "01234567890123456789", "98765432109876543210"
#: Marks between the words of a mailbox say nothing: no-email, no_email and no.email are one.
_MARKS = str.maketrans("", "", ".-_")

with (Path(__file__).parent / "placeholders.toml").open("rb") as _file:
    _DATA = tomllib.load(_file)
_CODES = frozenset(_DATA["codes"])
_MAILBOXES = frozenset(_DATA["mailboxes"])
_COMMON_MAILBOXES = frozenset(_DATA["common_mailboxes"])
_COMMON_DOMAINS = frozenset(_DATA["common_domains"])


def is_phone(number: str) -> bool:
    """Tell whether a number in E.164 is a placeholder, such as 0000000000, 1111111111 or 9876543210."""
    return _in_order(number[-_WITH_OPERATOR:]) or number.endswith("0" * _SUBSCRIBER)


def is_code(code: str) -> bool:
    """Tell whether a code is a placeholder: one digit throughout or digits in order, whatever its check digits are."""
    digits = "".join(filter(str.isdigit, code))
    if code in _CODES or digits in _CODES:
        return True
    if len(digits) < 6:
        return False
    return (
        _in_order(digits) or _in_order(digits[:-1]) or (len(digits) > 10 and _in_order(digits[:-2]))
    )


def is_email(mailbox: str, domain: str) -> bool:
    """Tell whether an address is a placeholder: `no@mail.ru`, `test@test.com`, `noemail@shop.example`."""
    name = mailbox.casefold().translate(_MARKS)
    label = domain.partition(".")[0]
    if name in _MAILBOXES or label in _MAILBOXES:
        return True
    if name == label:
        return name in _COMMON_MAILBOXES or len(set(name)) == 1
    common = name in _COMMON_MAILBOXES or (len(name) > 1 and _in_order(name))
    return common and (domain in _COMMON_DOMAINS or label in _COMMON_MAILBOXES)


def _in_order(digits: str) -> bool:
    """Tell whether all digits are the same, or each is one more or one less than the digit before."""
    return len(set(digits)) == 1 or digits in _ASCENDING or digits in _DESCENDING
