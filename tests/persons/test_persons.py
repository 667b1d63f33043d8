"""The generator itself: the same bytes for a seed, right checksums, and the difficulty that its levels promise."""

import ast
import json
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import pytest
from stdnum.ru import inn
from stdnum.ua import edrpou, rntrc

from tests.persons import contacts, latin, lexicon, measure, pairs, papers, records, slips
from tests.persons.writing import Record

PACKAGE = Path(__file__).parent

#: (precision, recall) of the naive method: README.md, "Difficulty".
PROMISED = {
    "easy": ((0.97, 0.99), (0.92, 0.97)),
    "medium": ((0.905, 0.955), (0.765, 0.835)),
    "hard": ((0.85, 0.91), (0.57, 0.67)),
}


@cache
def made(difficulty: str, seed: int = 1) -> list[Record]:
    return list(records.generate(seed, 4000, difficulty))


@cache
def made_pairs() -> list[pairs.Pair]:
    return list(pairs.generate(1, 4000))


def test_nothing_is_imported_from_the_accused() -> None:
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in named if name.split(".")[0] == "registry"], path


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two, other = tmp_path / "1.jsonl", tmp_path / "2.jsonl", tmp_path / "3.jsonl"
    for path, seed in ((one, 7), (two, 7), (other, 8)):
        records.write(records.generate(seed, 500, "hard"), path)
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
    assert list(pairs.generate(7, 200)) == list(pairs.generate(7, 200))


@pytest.mark.parametrize("difficulty", PROMISED)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_naive_method_scores_what_the_level_promises(difficulty: str, seed: int) -> None:
    found = measure.figures(made(difficulty, seed))
    for value, (least, most) in zip(
        (found.precision, found.recall), PROMISED[difficulty], strict=True
    ):
        assert least <= value <= most, found


def test_most_of_what_the_naive_method_misses_can_be_found_by_reading() -> None:
    assert measure.figures(made("medium")).reach > 0.96
    assert measure.figures(made("hard")).reach > 0.92


def test_a_record_has_the_form_that_the_commands_read() -> None:
    known = {
        "record_id", "cluster_id", "name", "phone", "email", "tax_id", "birth_date", "city",
        "address", "handle", "kind", "company_code",
    }  # fmt: skip
    rows = made("medium")
    assert len(rows) == 4000
    assert len({row["record_id"] for row in rows}) == 4000
    assert {key for row in rows for key in row} == known
    assert all(row.get("phone") or row.get("email") for row in rows)
    assert [row for row in rows if isinstance(row.get("phone"), list)]
    assert json.loads(json.dumps(rows)) == rows


def test_most_parties_have_one_or_two_records_and_a_few_have_many() -> None:
    sizes = Counter(Counter(row["cluster_id"] for row in made("medium")).values())
    few = (sizes[1] + sizes[2]) / sizes.total()
    assert 0.6 < few < 0.85
    assert 8 <= max(sizes) <= 12


def test_every_script_has_its_share() -> None:
    found = measure.figures(made("medium")).scripts
    assert 0.25 < found["uk"] < 0.5
    assert found["ru"] > 0.02
    assert found["either"] > 0.3
    assert 0.06 < found["latin"] < 0.2


def test_tax_numbers_are_valid_and_hold_the_birth_date_and_sex() -> None:
    rng = Random(1)
    for sex in "mf" * 200:
        born = papers.birthday(rng)
        number = papers.rnokpp(born, sex, rng)
        assert rntrc.is_valid(number)
        assert date.fromordinal(date(1899, 12, 31).toordinal() + int(number[:5])) == born
        assert int(number[8]) % 2 == (sex == "m")
        assert inn.is_valid(papers.inn(rng))
        assert edrpou.is_valid(papers.company_code("ua", rng))
        assert inn.is_valid(papers.company_code("ru", rng))


def test_most_written_tax_numbers_survive_the_writing() -> None:
    found = [row["tax_id"] for row in made("hard") if "tax_id" in row]
    valid = sum(rntrc.is_valid(number) or inn.is_valid(number) for number in found)
    assert 0.95 < valid / len(found) < 1


def test_every_way_to_write_a_phone_is_the_same_phone_to_the_yardstick() -> None:
    rng = Random(2)
    for country in ("ua", "ru"):
        number = contacts.phone(country, rng)
        written = {number.write(rng) for _ in range(300)}
        assert len(written) >= 9
        assert len({measure.phone_key(text) for text in written}) == 1


def test_a_mailbox_written_in_any_way_is_one_mailbox() -> None:
    rng = Random(3)
    for address in ("olena.koval85@gmail.com", "petro_1@yandex.ru"):
        written = {contacts.write_mailbox(address, rng) for _ in range(300)}
        assert len(written) >= 4
        assert {measure.mail_key(text) for text in written} == {measure.mail_key(address)}


def test_the_lists_are_as_long_as_promised() -> None:
    assert len(lexicon.givens()) >= 120
    assert len(lexicon.surnames()) >= 600
    assert sum(len(lexicon.city_urn(country).items) for country in ("ua", "ru")) >= 80


def test_words_of_both_tongues_are_formed_as_a_passport_desk_would() -> None:
    by_uk = {given.uk: given for given in lexicon.givens()}
    ilya, mykola = by_uk["Ілля"], by_uk["Микола"]
    assert (ilya.patronymic("uk", "f"), ilya.patronymic("ru", "f")) == ("Іллівна", "Ильинична")
    assert (mykola.patronymic("uk", "m"), mykola.patronymic("ru", "f")) == (
        "Миколайович", "Николаевна",
    )  # fmt: skip
    forms = {s.uk: (s.form("uk", "f"), s.form("ru", "f")) for s, _ in lexicon.surnames()}
    assert forms["Левицький"] == ("Левицька", "Левицкая")
    assert forms["Медведєв"] == ("Медведєва", "Медведева")
    assert forms["Литвин"] == ("Литвин", "Литвин")


@pytest.mark.parametrize(
    ("tongue", "system", "text", "expected"),
    [
        ("uk", "kmu55", "Згурський Юрій", "Zghurskyi Yurii"),
        ("uk", "kmu55", "Щербань Наталія Лук'янівна", "Shcherban Nataliia Lukianivna"),
        ("uk", "sms4", "Чайка Женя", "4ajka Jenja"),
        ("ru", "icao", "Щербаков Юрий", "Shcherbakov Iurii"),
        ("ru", "mvd1997", "Юрий Елисеев", "Yury Eliseev"),
        ("ru", "bgn", "Евгений", "Yevgeniy"),
        ("ru", "french", "Сергей Жуков", "Serguei Joukov"),
    ],
)
def test_a_system_of_latin_letters(tongue: str, system: str, text: str, expected: str) -> None:
    assert latin.latin(text, tongue, system) == expected


def test_slips_are_small() -> None:
    rng = Random(4)
    assert slips.layout("Bdfyjd", rng) == "Иванов"
    for _ in range(200):
        assert len(slips.in_digits("501234567", rng)) == 9
        assert abs(len(slips.in_word("Коваленко", rng)) - 9) <= 1


def test_pairs_have_both_labels_and_hard_negatives() -> None:
    rows = made_pairs()
    positive = sum(label for *_, label in rows) / len(rows)
    assert 0.4 < positive < 0.5
    folded = [
        (set(latin.latin(left.lower(), "uk", "sms").split()),
         set(latin.latin(right.lower(), "uk", "sms").split()))
        for left, right, label in rows if not label
    ]  # fmt: skip
    assert sum(bool(left & right) for left, right in folded) > 0.3 * len(folded)
    assert all(left.lower() != right.lower() for left, right, label in rows if not label)


def test_hard_negatives_differ_in_a_feature_that_is_written() -> None:
    rng = Random(5)
    for _ in range(300):
        left, right = pairs.hard_negative(rng)
        assert len(left.split()) >= 2 <= len(right.split())
        assert left.lower() != right.lower()
