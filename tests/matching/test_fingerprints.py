"""Index values: the same for every spelling, different for every kind and key."""

import hashlib
import hmac

from registry.matching import fingerprints
from registry.matching.fingerprints import STRONG, Token, index_values
from registry.matching.party import Subject
from tests.matching.values import Handle, make_subject

INDEX_KEY = bytes(range(32))
NAMES_KEY = bytes(range(32, 64))


def tokens(subject: Subject) -> set[Token]:
    return set(index_values(subject, index_key=INDEX_KEY, names_key=NAMES_KEY))


def kinds(subject: Subject) -> list[str]:
    found = index_values(subject, index_key=INDEX_KEY, names_key=NAMES_KEY)
    return [token.kind for token in found]


def test_a_token_is_the_hmac_of_kind_and_value() -> None:
    digest = hmac.new(INDEX_KEY, b"phone|+380501234567", hashlib.sha256).digest()
    assert tokens(make_subject(phone="0501234567")) == {Token("phone", digest[:16])}


def test_five_ways_of_writing_a_phone_are_one_token() -> None:
    ways = ["+380501234567", "0501234567", "8-050-123-45-67", "380 50 123 45 67", "(050) 1234567"]
    assert len({frozenset(tokens(make_subject(phone=way))) for way in ways}) == 1


def test_three_ways_of_writing_an_address_are_one_token() -> None:
    ways = ["o.koval@gmail.com", "OKoval+shop@gmail.com", "okoval@googlemail.com"]
    assert len({frozenset(tokens(make_subject(email=way))) for way in ways}) == 1


def test_every_identifier_is_indexed_under_its_kind() -> None:
    subject = make_subject(
        phone="0501234567",
        email="olha@example.com",
        tax_id="3184710691",
        company_code="43210120",
        handle=Handle("telegram", "olha_k"),
    )
    assert kinds(subject) == ["phone", "email", "tax_id", "company_code", "handle"]
    assert set(kinds(subject)) == STRONG


def test_a_number_known_to_a_messenger_meets_the_phone() -> None:
    assert tokens(make_subject(handle=Handle("viber", "0501234567"))) & tokens(
        make_subject(phone="0501234567")
    )


def test_a_sole_trader_meets_the_person() -> None:
    assert tokens(make_subject(kind="company", company_code="3184710691")) & tokens(
        make_subject(tax_id="3184710691")
    )


def test_a_birth_date_or_a_town_is_never_indexed_alone() -> None:
    assert kinds(make_subject(birth_date="1987-03-12")) == []
    assert kinds(make_subject(city="Київ")) == []
    assert kinds(make_subject(name="Шевченко")) == ["name_word"]
    full = make_subject(name="Олександр Шевченко", birth_date="1987-03-12", city="Київ")
    assert sorted(kinds(full)) == [
        "city_birth_date",
        *("name_birth_date", "name_birth_date"),
        *("name_city", "name_city"),
        "name_pair",
        *("name_word", "name_word"),
    ]


def test_spellings_of_a_name_meet() -> None:
    one = make_subject(name="Шевченко Олександр Петрович", birth_date="1987-03-12", city="Київ")
    other = make_subject(name="Alexander Shevchenko", birth_date="12.03.1987", city="Kiev")
    assert tokens(one) == tokens(other)
    stranger = make_subject(name="Kravets Maria", birth_date="12.03.1987", city="Kiev")
    assert {token.kind for token in tokens(one) & tokens(stranger)} == {"city_birth_date"}


def test_a_short_form_meets_each_name_that_it_may_be_of() -> None:
    short = tokens(make_subject(name="Женя Коваль"))
    for full in ("Євген Коваль", "Євгенія Коваль"):
        shared = short & tokens(make_subject(name=full))
        assert "name_pair" in {token.kind for token in shared}, full


def test_the_birth_date_inside_a_tax_id_is_as_good() -> None:
    one = make_subject(name="Олександр Шевченко", tax_id="3184710691")
    other = make_subject(name="Олександр Шевченко", birth_date="1987-03-12")
    assert "name_birth_date" in {token.kind for token in tokens(one) & tokens(other)}


def test_names_of_companies_are_indexed_alone_and_with_the_town() -> None:
    one = make_subject(kind="company", name="ТОВ «Ромашка»", city="Львів")
    other = make_subject(kind="company", name="Romashka LLC", city="Lvov")
    assert tokens(one) == tokens(other)
    assert kinds(one) == ["company_name", "name_city"]


def test_a_sole_traders_name_is_the_persons() -> None:
    one = make_subject(kind="company", name="ФОП Шевченко Олександр Петрович", city="Львів")
    other = make_subject(name="Олександр Шевченко", city="Lviv")
    assert tokens(one) == tokens(other)


def test_each_key_is_for_its_own_kinds() -> None:
    subject = make_subject(phone="0501234567", name="Олександр Шевченко", city="Київ")
    usual = index_values(subject, index_key=INDEX_KEY, names_key=NAMES_KEY)
    other = index_values(subject, index_key=INDEX_KEY, names_key=INDEX_KEY)
    assert usual[0] == other[0]
    assert usual[1].kind == other[1].kind
    assert usual[1].value != other[1].value


def test_no_value_is_in_its_token() -> None:
    for kind, value in fingerprints.strong_values(make_subject(phone="0501234567")):
        assert all(value.encode() not in token.value for token in tokens(make_subject())), kind
    assert all(len(token.value) == 16 for token in tokens(make_subject(phone="0501234567")))
