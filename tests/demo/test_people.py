"""Everyone invented: the same for a seed, readable by our own rules, and nobody who could be real."""

import re
import struct
import zlib
from datetime import date
from itertools import combinations
from random import Random

import pytest

from registry.businesses import owners
from registry.businesses.rules import Likeness
from registry.demo import businesses, papers, people, plan
from registry.demo.people import Company, Party, Person
from registry.identities.wire import SubjectDescription
from registry.matching import company_code, tax_id
from registry.matching.subject import Subject, parse
from registry.platform import uploads
from tests.matching.values import contradictions

TODAY = date(2026, 11, 22)
CROWD = people.population(plan.SEED, TODAY)
EVERYONE = list(people.everyone(CROWD))
#: The sandbox of test keys answers for these.
SANDBOX = {f"+38050555010{digit}" for digit in range(10)}
DOMAIN = re.compile(r"@(example\.(com|org|net)|[a-z-]+\.example)$")


def described(party: Party, times: int) -> list[Subject]:
    """A client as several businesses at home and abroad write it down, as we read them."""
    dice, read = Random(party.phone), []
    for turn in range(times):
        abroad = turn % 3 == 2
        subject, faults = parse(
            people.describe(dice, party, abroad=abroad), country="DE" if abroad else "UA"
        )
        assert not faults
        read.append(subject)
    return read


def test_a_seed_makes_the_same_people_and_another_seed_others() -> None:
    assert people.population(plan.SEED, TODAY) == CROWD
    assert people.population("another", TODAY).single != CROWD.single
    assert businesses.roster("a") == businesses.roster("a") != businesses.roster("b")


def test_phones_are_of_the_permitted_range_and_shared_only_where_meant() -> None:
    phones = [party.phone for party in EVERYONE]
    assert all(re.fullmatch(r"\+38050555[0-9]{4}", phone) for phone in phones)
    assert not SANDBOX & set(phones)
    shared = len(CROWD.families) + len(CROWD.moved_numbers)
    assert len(phones) - len(set(phones)) == shared
    assert people.EXAMPLE_STRANGER.replace(" ", "") not in {phone[3:] for phone in phones}


def test_mail_goes_to_example_domains_and_telegram_names_are_ours() -> None:
    addresses = [party.email for party in EVERYONE]
    assert all(DOMAIN.search(address) for address in addresses)
    assert len(set(addresses)) == len(addresses)
    names = [p.telegram for p in EVERYONE if isinstance(p, Person) and p.telegram]
    assert all(name.startswith("demo_") for name in names)
    assert len(set(names)) == len(names)


def test_tax_ids_hold_the_birth_date_of_a_grown_person() -> None:
    grown = [party for party in EVERYONE if isinstance(party, Person)]
    known = [person for person in grown if person.tax_id]
    assert len(known) > 50
    for person in known:
        read = tax_id.normalise(person.tax_id or "", "UA")
        assert tax_id.birth_date_of(read) == person.born
    assert all(people.YOUNGEST <= (TODAY - p.born).days / 365 < 75 for p in grown)


def test_company_codes_are_read_and_above_what_is_given_out() -> None:
    companies = [party for party in EVERYONE if isinstance(party, Company)]
    assert all(company_code.normalise(c.code, "UA") == f"UA:{c.code}" for c in companies)
    assert all(company.code.startswith("9") for company in companies)
    for trade in businesses.roster(plan.SEED):
        company_code.normalise(trade.register_code, trade.country)


def test_every_way_of_writing_is_read_and_none_contradicts_another() -> None:
    for party in EVERYONE:
        read = described(party, 6)
        assert all(party.phone in subject.phones for subject in read)
        assert not any(contradictions(one, other) for one, other in combinations(read, 2))


def test_one_client_is_written_in_many_ways() -> None:
    dice = Random("many")
    written = [people.describe(dice, CROWD.repeaters[0]) for _ in range(40)]
    assert len({one.phone for one in written}) > 8
    assert len({one.name for one in written}) > 6


@pytest.mark.parametrize("pair", [*CROWD.families, *CROWD.moved_numbers])
def test_two_under_one_number_always_contradict(pair: tuple[Person, Person]) -> None:
    assert pair[0].phone == pair[1].phone
    first, second = (described(person, 6) for person in pair)
    assert all("name" in contradictions(one, other) for one in first for other in second)


def test_the_example_is_looked_up_otherwise_than_it_is_written() -> None:
    asked, faults = parse(
        SubjectDescription(
            phone=people.EXAMPLE_PHONE, email=people.EXAMPLE_EMAIL, name=people.EXAMPLE_NAME
        ),
        country="UA",
    )
    assert not faults
    assert asked.phones == (CROWD.example.phone,)
    assert asked.emails == (CROWD.example.email,)
    assert asked.mail_addresses != (CROWD.example.email,)
    for subject in described(CROWD.example, 6):
        assert not contradictions(asked, subject)
        relative = SubjectDescription(name=people.EXAMPLE_RELATIVE)
        assert contradictions(parse(relative, country="UA")[0], subject) == {"name"}


def test_a_dozen_businesses_of_several_countries_and_one_shared_owner() -> None:
    trades = businesses.roster(plan.SEED)
    assert len(trades) == 13
    assert {trade.country for trade in trades} == {"UA", "PL", "DE", "LT"}
    assert {t.outcome for t in trades} == {"verified", "suspended", "refused", "pending"}
    pairs = combinations(trades, 2)
    alike = {(a.slug, b.slug): owners.compare([a.owner], [b.owner]) for a, b in pairs}
    shared = {pair for pair, likeness in alike.items() if likeness}
    assert [alike[pair] for pair in shared] == [Likeness.EQUAL]
    handed_out = [trade for trade in trades if trade.slug in businesses.MEMBERS]
    assert [(t.country, t.outcome, t.plan) for t in handed_out] == [
        ("UA", "verified", "partner")
    ] * 2
    assert not {trade.slug for trade in handed_out} & {slug for pair in shared for slug in pair}


def test_a_made_pdf_is_whole() -> None:
    made = papers.pdf(["Contract (1)", "back\\slash"])
    assert uploads.media_type(made) == "application/pdf"
    start = int(made.rsplit(b"startxref\n", 1)[1].split()[0])
    assert made[start:].startswith(b"xref\n0 6\n")
    places = [int(row.split()[0]) for row in made[start:].splitlines()[3:8]]
    assert [made[place:].split(b" ", 1)[0] for place in places] == [b"1", b"2", b"3", b"4", b"5"]
    length = int(re.search(rb"/Length ([0-9]+)", made)[1])  # type: ignore[index]  # it has one
    assert made.split(b"stream\n", 1)[1][length:].startswith(b"\nendstream")


def test_a_made_picture_is_whole() -> None:
    made = papers.png(Random(1))
    assert uploads.media_type(made) == "image/png"
    kinds, rest = [], made[8:]
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        chunk, (checksum,) = (
            rest[4 : 8 + length],
            struct.unpack(">I", rest[8 + length : 12 + length]),
        )
        assert zlib.crc32(chunk) == checksum
        kinds.append(chunk[:4])
        if chunk[:4] == b"IDAT":
            assert len(zlib.decompress(chunk[4:])) == 24 * 25
        rest = rest[12 + length :]
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]
