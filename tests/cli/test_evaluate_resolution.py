"""`registry evaluate resolution` and `weights`: figures, clusters, parameters; live data stays as it is."""

import json
from pathlib import Path

from tests.cli.processes import run
from tests.persons import records


def _people(path: Path, count: int, seed: int) -> Path:
    records.write(records.generate(seed, count, "medium"), path)
    return path


def test_figures_clusters_and_parameters(tmp_path: Path) -> None:
    """Weights fitted to one file serve on another; each record has its identity; answers help."""
    data = ("--data-dir", tmp_path / "var")
    fitted, out = tmp_path / "fitted.json", tmp_path / "clusters.jsonl"
    taught = run(
        *("evaluate", "weights", _people(tmp_path / "a.jsonl", 900, 1)),
        *("--version", "test-1", "--out", fitted),
    )
    assert taught.code == 0, taught.err
    assert json.loads(fitted.read_bytes())["weights"]["phone"]["same"] > 3
    file = _people(tmp_path / "b.jsonl", 300, 2)
    ended = run(
        *("evaluate", "resolution", file, "--out", out, "--json", "--parameters", fitted, *data)
    )
    assert ended.code == 0, ended.err
    figures = json.loads(ended.out)
    assert figures["parameters"] == "test-1"
    alone, answered = figures["automatic"], figures["with_answers"]
    assert alone["records"] == answered["records"] == 300
    assert alone["pairwise"]["precision"] > 0.9
    assert 0 < alone["pairwise"]["recall"] < answered["pairwise"]["recall"]
    assert alone["candidates_per_record"] > 0 < alone["records_per_second"]
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["record_id"] for line in lines] == [
        json.loads(line)["record_id"] for line in file.read_text().splitlines()
    ]
    assert len({line["identity_id"] for line in lines}) == alone["identities"]


def test_a_file_without_a_truth_is_resolved_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "plain.jsonl"
    lines = [{"record_id": n, "phone": "0505550123", "passport": "KM 1"} for n in range(3)]
    file.write_text("\n".join(map(json.dumps, lines)))
    ended = run("evaluate", "resolution", file, "--data-dir", tmp_path / "var")
    assert ended.code == 0, ended.err
    assert "Identities" in ended.out
    assert "Pairwise" not in ended.out


def test_what_is_no_file_of_records(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"record_id": 1}\n{"name": "x"}\n')
    for file, told in ((bad, "line 2"), (tmp_path / "none.jsonl", "cannot be read")):
        ended = run("evaluate", "resolution", file, "--data-dir", tmp_path / "var")
        assert ended.code == 2
        assert told in ended.err


def test_learnt_parameters_are_written_and_used(tmp_path: Path) -> None:
    """`resolution learn` writes a file that REGISTRY_PARAMETERS takes; a file of something else is refused by name."""
    data, out = ("--data-dir", tmp_path / "var"), tmp_path / "learnt.json"
    assert run("migrate", *data).code == 0
    learnt = run("resolution", "learn", "--version", "7", "--out", out, *data)
    assert learnt.code == 0, learnt.err
    chosen = {"REGISTRY_PARAMETERS": str(out)}
    seen = run("resolution", "preview", "--json", *data, **chosen)
    assert seen.code == 0, seen.err
    assert json.loads(seen.out)["parameters"] == "7"
    out.write_text("[]")
    refused = run("resolution", "preview", *data, **chosen)
    assert refused.code == 2
    assert "REGISTRY_PARAMETERS" in refused.err
