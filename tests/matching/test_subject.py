"""Reading a subject: everything normalised, every fault found, each with its place."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import subject
from registry.matching.subject import Fault
from tests.matching.values import Handle, Raw, make_subject, near_misses, unhurried


class WireHandle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    network: str
    name: str


class WireSubject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape that a slice's own Struct has; mypy checks that `parse` takes it."""

    kind: str = "person"
    phone: str | None = None
    phones: list[str] | None = None
    email: str | None = None
    emails: list[str] | None = None
    tax_id: str | None = None
    company_code: str | None = None
    handle: WireHandle | None = None
    handles: list[WireHandle] | None = None
    name: str | None = None
    birth_date: str | None = None
    city: str | None = None
    address: str | None = None
    country: str | None = None


def test_the_example_of_the_contract() -> None:
    sent = msgspec.json.decode(
        """
        {"kind": "person", "phone": "+380 (50) 123-45-67", "email": "O.Shevchenko+shop@gmail.com",
         "tax_id": "3184710691", "handle": {"network": "telegram", "name": "@oleksandr"},
         "name": "Олександр Шевченко", "birth_date": "1987-03-12", "city": "Київ", "country": "UA"}
        """,
        type=WireSubject,
    )
    read, faults = subject.parse(sent, country="PL")
    assert faults == []
    assert read == subject.Subject(
        kind="person",
        country="UA",
        phones=("+380501234567",),
        emails=("oshevchenko@gmail.com",),
        mail_addresses=("O.Shevchenko+shop@gmail.com",),
        tax_ids=("UA:3184710691",),
        handles=("telegram:oleksandr",),
        name="Олександр Шевченко",
        birth_date=date(1987, 3, 12),
        city="Київ",
    )
    assert read.tax_birth_date() == date(1987, 3, 12)


def test_every_fault_is_found_at_once() -> None:
    sent = Raw(
        phone="05O1234567",
        phones=["0501234567", "12"],
        email="olha",
        emails=["olha@example.com", "olha@", ""],
        tax_id="3184710690",
        company_code="43210121",
        handle=Handle("icq", "1"),
        handles=[Handle("telegram", "@oleksandr"), Handle("telegram", "ы")],
        name="Олександр1",
        birth_date="31.02.1987",
        city="1",
        address="\u0000",
        country="Україна",
    )
    read, faults = subject.parse(sent, country="UA")
    assert [fault.pointer for fault in faults] == [
        "/country",
        "/handle/network",
        "/handles/1/name",
        "/email",
        "/emails/1",
        "/emails/2",
        "/company_code",
        "/tax_id",
        "/phone",
        "/phones/1",
        "/name",
        "/birth_date",
        "/city",
        "/address",
    ]
    assert read == make_subject(
        phone="0501234567", email="olha@example.com", handle=Handle("telegram", "oleksandr")
    )


def test_values_that_are_one_are_kept_once() -> None:
    read = make_subject(
        phone="0501234567",
        phones=["+380501234567", "8-050-123-45-67", "0671234567"],
        email="O.Koval@gmail.com",
        emails=["okoval+shop@googlemail.com", "olha@example.com"],
        handles=[Handle("telegram", "@Olha_K"), Handle("tg", "t.me/olha_k")],
    )
    assert read.phones == ("+380501234567", "+380671234567")
    assert read.emails == ("okoval@gmail.com", "olha@example.com")
    assert read.mail_addresses == ("O.Koval@gmail.com", "olha@example.com")
    assert read.handles == ("telegram:olha_k",)


def test_a_messengers_number_is_a_phone_number() -> None:
    read = make_subject(handle=Handle("viber", "050 123 45 67"))
    assert read.handles == ("viber:+380501234567",)
    assert read.phones == ("+380501234567",)


@pytest.mark.parametrize("kind", ["person", "company"])
def test_a_sole_traders_code_is_a_tax_id_too(kind: str) -> None:
    read = make_subject(kind=kind, company_code="3184710691")
    assert read.company_codes == ("UA:3184710691",)
    assert read.tax_ids == ("UA:3184710691",)


def test_a_companys_tax_id_is_its_code() -> None:
    read = make_subject(kind="company", tax_id="43210120", name="ТОВ «Ромашка-2»")
    assert (read.company_codes, read.tax_ids) == (("UA:43210120",), ())
    assert read.name == "ТОВ «Ромашка-2»"


def test_the_subjects_country_goes_before_the_askers() -> None:
    assert make_subject(phone="9161234567", country="RU").phones == ("+79161234567",)
    assert make_subject(tax_id="770012345606", country="ru").tax_ids == ("RU:770012345606",)


def test_two_birth_dates_that_differ_are_both_kept() -> None:
    read = make_subject(tax_id="3184710691", birth_date="1990-01-01")
    assert (read.birth_date, read.tax_birth_date()) == (date(1990, 1, 1), date(1987, 3, 12))


def test_an_empty_subject_is_no_fault() -> None:
    read, faults = subject.parse(Raw(), country="UA")
    assert faults == []
    assert read == subject.Subject(kind="person", country="UA")
    assert read.tax_birth_date() is None


texts = st.none() | near_misses


@unhurried
@given(
    st.builds(
        Raw,
        kind=st.sampled_from(["person", "company"]),
        phone=texts,
        phones=st.none() | st.lists(near_misses, max_size=2),
        email=texts,
        emails=st.none() | st.lists(near_misses, max_size=2),
        tax_id=texts,
        company_code=texts,
        handle=st.none() | st.builds(Handle, network=near_misses, name=near_misses),
        handles=st.none()
        | st.lists(st.builds(Handle, network=st.just("viber"), name=near_misses), max_size=2),
        name=texts,
        birth_date=texts,
        city=texts,
        address=texts,
        country=texts,
    )
)
def test_no_input_raises_and_no_fault_repeats_it(sent: Raw) -> None:
    read, faults = subject.parse(sent, country="UA")
    assert len(read.emails) == len(read.mail_addresses)
    for fault in faults:
        assert isinstance(fault, Fault)
        assert fault.pointer.startswith("/")
        assert fault.detail.isascii()
        assert fault.detail.endswith(".")
