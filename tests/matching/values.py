"""What the tests of matching share: refusals, made-up subjects, and texts that try to break things."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from registry.matching import comparison, subject
from registry.matching.errors import Unreadable
from registry.matching.party import Subject
from registry.matching.profile import profile

T = TypeVar("T")

#: phonenumbers and stdnum load their data on first use, which is not the value's fault.
unhurried = settings(deadline=None)

CYRILLIC = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёъыэ"
LATIN = "abcdefghijklmnopqrstuvwxyz"

#: Texts near to what people send: digits, separators, both scripts, and characters that hide.
near_misses = st.text(
    alphabet=st.one_of(
        st.sampled_from("0123456789+-.() /:@#;,'_&?=%"),
        st.sampled_from(CYRILLIC + LATIN + "АОЗOУ"),
        st.sampled_from("٠٥۵０５⁰½\u00a0\u200b\u202e\u2066\u0000\n\t\u0301\ud800\ufeff"),
        st.characters(),
    ),
    max_size=60,
)

words = st.text(alphabet=CYRILLIC, min_size=2, max_size=12) | st.text(
    alphabet=LATIN, min_size=2, max_size=12
)


def person_names() -> st.SearchStrategy[str]:
    """Names of one to four words, known given names and initials among them."""
    known = st.sampled_from(
        "Олександр Александр Oleksandr Олександра Марія Maria Микола Николай Петрович Іванівна"
        " Ковальська Ковальський Петров Петрова Нечуй-Левицький О. Ю. М Роман Мартин огли ФОП".split()
    )
    return st.lists(st.one_of(known, words), min_size=1, max_size=4).map(" ".join)


def refusal(call: Callable[[], object]) -> str:
    """The sentence with which a value is refused."""
    with pytest.raises(Unreadable) as refused:
        call()
    assert str(refused.value) == refused.value.detail
    return refused.value.detail


def read_or_none(read: Callable[[], T]) -> T | None:
    """What is read, or None for a refusal; anything else that is raised is a failure."""
    with contextlib.suppress(Unreadable):
        return read()
    return None


@dataclass(frozen=True)
class Handle:
    network: str
    name: str


@dataclass(frozen=True)
class Raw:
    """A subject as the wire's Struct would hold it."""

    kind: str = "person"
    phone: str | None = None
    phones: list[str] | None = None
    email: str | None = None
    emails: list[str] | None = None
    tax_id: str | None = None
    company_code: str | None = None
    handle: Handle | None = None
    handles: list[Handle] | None = field(default=None)
    name: str | None = None
    birth_date: str | None = None
    city: str | None = None
    address: str | None = None
    country: str | None = None


def contradictions(one: Subject, other: Subject) -> set[str]:
    """The fields that say that two subjects are two parties."""
    return set(comparison.compare(profile(one), profile(other)).contradictions)


def make_subject(**fields: object) -> Subject:
    """A subject read from fields as they are sent; none may be at fault."""
    read, faults = subject.parse(Raw(**fields), country="UA")  # type: ignore[arg-type]  # as sent
    assert not faults
    return read
