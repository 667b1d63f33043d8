"""`registry evaluate names`: a score a pair, figures with labels, and what is no file of pairs."""

import csv
import json
from pathlib import Path

import pytest

from registry.evaluation import name_pairs
from registry.evaluation.name_pairs import Pair, Scored
from tests.cli.processes import run

PAIRS = """left,right,label
Олександр Шевченко,Oleksandr Shevchenko,1
"Коваль, Олена",Elena Koval,1
Саша Бондар,Бондар Олександр Іванович,1
Шевченко Марія,Олександр Шевченко,0
Іван Мельник,Тарас Гончар,0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_figures_and_scores(tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    ended = run("evaluate", "names", written(tmp_path, PAIRS), "--out", out, "--json")
    assert ended.code == 0, ended.err
    figures = json.loads(ended.out)
    assert (figures["pairs"], figures["same"]) == (5, 3)
    assert figures["best_f1"] == figures["recall_at_precision_99"] == figures["f1_at_half"] == 1
    assert figures["pairs_per_second"] > 0 < figures["preparation_us_per_name"]
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["left"] for row in rows][:2] == ["Олександр Шевченко", "Коваль, Олена"]
    assert [float(row["score"]) > 0.5 for row in rows] == [True, True, True, False, False]


def test_without_labels_and_header_only_the_pace_is_told(tmp_path: Path) -> None:
    ended = run("evaluate", "names", written(tmp_path, "Олена Коваль,Olena Koval\n"))
    assert ended.code == 0, ended.err
    assert "Pairs a second" in ended.out
    assert "F1" not in ended.out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("left,right,label\nОлена,Olena,1\nОлена\n", "line 3"),
        ("left,right,label\nОлена,Olena,perhaps\n", "line 2"),
        ("left,right,label\nОлена,Olena,1\nІван,Ivan,\n", "1 pairs have no label"),
        ('Олена,"Olena\n', "line 1"),
        ("", "holds no pairs"),
        ("left,right,label\n", "holds no pairs"),
    ],
)
def test_what_is_no_file_of_pairs(tmp_path: Path, text: str, told: str) -> None:
    ended = run("evaluate", "names", written(tmp_path, text))
    assert (ended.code, told in ended.err) == (2, True), ended.err
    assert "Traceback" not in ended.err


def test_columns_are_found_by_their_heads_and_further_ones_ignored(tmp_path: Path) -> None:
    text = "\ufeffid, Label ,right,left,note\n7,TRUE,Olena,Олена,x\n\n8,no,Ivan,Олена,\n"
    found = name_pairs.read(written(tmp_path, text))
    assert found == [Pair("Олена", "Olena", True), Pair("Олена", "Ivan", False)]


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes("Олена,Olena\n".encode("cp1251"))
    with pytest.raises(name_pairs.BadPair, match="UTF-8"):
        name_pairs.read(path)


def test_figures_by_hand() -> None:
    labels = [True, True, False, True, False]
    pairs = [Pair("а", "б", label) for label in labels]
    figures = name_pairs.figures(pairs, Scored([0.9, 0.8, 0.7, 0.7, 0.1], 0.001, 0.001))
    # From 0.7 on four are held to be one person's, three of them rightly: 2 * 3 / (4 + 3).
    assert (figures.best_f1, figures.best_threshold) == (0.8571, 0.7)
    assert figures.recall_at_precision_99 == 0.6667
    assert figures.f1_at_half == 0.8571
    assert (figures.pairs_per_second, figures.preparation_us_per_name) == (5000, 100.0)
