"""The commands: `records` and `names` write files, `measure` says what the naive method scores on one."""

import argparse
from pathlib import Path

from tests.persons import measure, pairs, records
from tests.persons.levels import LEVELS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.persons", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("records", "names"):
        command = commands.add_parser(name)
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--count", type=int, default=5000)
        command.add_argument("--out", type=Path, required=True)
        if name == "records":
            command.add_argument("--difficulty", choices=LEVELS, default="medium")
            command.add_argument("--dated", action="store_true", help="add incident_date")
    commands.add_parser("measure").add_argument("file", type=Path)
    return parser


def _measure(path: Path) -> None:
    found = measure.figures(list(records.read(path)))
    print(f"records {found.records}  clusters {found.clusters}")
    print(
        f"naive: precision {found.precision:.4f}  recall {found.recall:.4f}  f1 {found.f1:.4f}"
        f"  false pairs {1 - found.precision:.4f}"
        f"\nwithin reach of a perfect reader: recall {found.reach:.4f}"
    )
    print("scripts", found.scripts)
    print("fields", found.fields)


def main() -> None:
    asked = _parser().parse_args()
    if asked.command == "measure":
        _measure(asked.file)
    elif asked.command == "names":
        pairs.write(pairs.generate(asked.seed, asked.count), asked.out)
    else:
        made = records.generate(asked.seed, asked.count, asked.difficulty, dated=asked.dated)
        records.write(made, asked.out)


if __name__ == "__main__":
    main()
