"""Reading records to be judged: below submission, values as people write them."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry.evaluation.records import BadRecord, Judged, read


def reading(folder: Path, *bodies: Any) -> tuple[list[Judged], Counter[str]]:
    path, dropped = folder / "file.jsonl", Counter[str]()
    lines = (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in bodies)
    path.write_text("\n".join(lines), encoding="utf-8")
    return list(read(path, dropped)), dropped


def test_values_are_read_as_a_report_reads_them(tmp_path: Path) -> None:
    body = {
        "record_id": 7,
        "cluster_id": "p1",
        "name": "  Мельник   Іван ",
        "phone": ["050 555 01 10", "+38 (050) 555-01-11"],
        "email": "I.Melnyk+shop@gmail.com",
        "birth_date": "12.03.1987",
        "city": "Київ",
        "handle": {"network": "telegram", "name": "@ivan_m"},
    }
    (record,), dropped = reading(tmp_path, body)
    assert (record.record_id, record.cluster_id) == ("7", "p1")
    subject = record.subject
    assert subject.phones == ("+380505550110", "+380505550111")
    assert subject.emails == ("imelnyk@gmail.com",)
    assert (subject.name, subject.birth_date) == ("Мельник Іван", date(1987, 3, 12))
    assert subject.handles == ("telegram:ivan_m",)
    assert not dropped


def test_what_cannot_be_read_is_left_out_and_counted(tmp_path: Path) -> None:
    body = {
        "record_id": "r",
        "phone": ["12", "0505550110"],
        "tax_id": "1234567890",
        "birth_date": "1987-02-30",
        "name": "17",
        "email": "nobody",
    }
    (record,), dropped = reading(tmp_path, body)
    assert record.subject.phones == ("+380505550110",)
    assert dropped == {"phones": 1, "tax_id": 1, "birth_date": 1, "name": 1, "emails": 1}


@pytest.mark.parametrize(
    "written",
    [
        *("19870312", "1987-03-12", "12.03.1987", "12/03/1987", 19870312),
        *("12 березня 1987 р.", "12 марта 1987 г.", "12 March 1987"),
    ],
)
def test_dates_in_the_ways_of_data_sets(tmp_path: Path, written: Any) -> None:
    (record,), _ = reading(tmp_path, {"record_id": "r", "birth_date": written})
    assert record.subject.birth_date == date(1987, 3, 12)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Руденко Дар*я 2", "Руденко Дар'я"),
        ("Marina Sav4uk", "Marina Savchuk"),
        ("Мельник Іван (не відповідає)", "Мельник Іван"),
    ],
)
def test_names_as_shops_type_them(tmp_path: Path, written: str, read: str) -> None:
    (record,), _ = reading(tmp_path, {"record_id": "r", "name": written})
    assert record.subject.name == read


def test_unknown_keys_are_untyped_identifiers(tmp_path: Path) -> None:
    (record,), _ = reading(tmp_path, {"record_id": "r", "passport": " КМ  123456", "seen": [1, 2]})
    assert record.subject.untyped == (("passport", "км 123456"), ("seen", "1"), ("seen", "2"))


def test_several_names_are_all_kept(tmp_path: Path) -> None:
    (record,), _ = reading(tmp_path, {"record_id": "r", "name": ["Мельник Ольга", "Коваль Ольга"]})
    assert record.subject.name == "Мельник Ольга"
    assert record.subject.other_names == ("Коваль Ольга",)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"name": "Мельник"}', "line 2"),
        ("[1]", "line 2"),
        ('{"record_id": ', "line 2"),
        ('{"record_id": "first"}', "twice"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(BadRecord, match=told):
        reading(tmp_path, {"record_id": "first"}, line)


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    records, _ = reading(tmp_path, {"record_id": "a"}, "", {"record_id": "b"})
    assert [record.record_id for record in records] == ["a", "b"]
