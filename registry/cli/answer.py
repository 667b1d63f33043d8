"""How a lookup's answer looks in a terminal."""

from collections.abc import Mapping
from typing import Any

from registry.cli import output, words
from registry.cli.words import word

_STYLES = {"record": "bold red", "possible": "bold yellow", "no_record": "bold green"}
_Body = Mapping[str, Any]


def show(found: _Body) -> None:
    """Print the answer: the result, each match with its facts, the advice, and the receipt."""
    out, result = output.out(), str(found.get("result"))
    out.print(f"\n[{_STYLES.get(result, 'bold')}]{output.plain(word(result))}[/]")
    if result == "no_record":
        out.print(f"[dim]{word('no_record_note')}[/]")
    matches = found.get("matches") or []
    for number, match in enumerate(matches, 1):
        _show_match(match, f" {number}/{len(matches)}" if len(matches) > 1 else "")
    for field in found.get("ignored") or []:
        said = f"{word('ignored')} {field.get('pointer')}: {field.get('detail')}"
        out.print(f"[yellow]{output.plain(said)}[/]", soft_wrap=True)
    if found.get("own_list"):
        out.print(f"\n[yellow]{word('own_list')}[/]")
    _show_terms(found.get("terms") or [])
    if found.get("human_review_required"):
        out.print(f"\n[bold]{word('human_review')}[/]")
    moment = output.moment(found.get("as_of"))
    receipt = f"{word('receipt')} {found.get('lookup_id')} · {word('as_of')} {moment}"
    out.print(f"[dim]{output.plain(receipt)}[/]", soft_wrap=True)


def _show_match(match: _Body, number: str) -> None:
    out, grade = output.out(), str(match.get("grade"))
    said = word("grade_possible" if grade == "possible" else grade)
    out.print(f"\n[bold]{word('match')}{number}[/] · {output.plain(said)}")
    rows: list[tuple[str, object]] = [
        (word("agreement"), " · ".join(map(_agreement, match.get("agreement") or []))),
        (word("sources"), match.get("independent_sources")),
        (word("fulfilled"), match.get("fulfilled")),
        (word("last_incident"), match.get("last_incident")),
    ]
    output.pairs(rows)
    facts = match.get("reports") or []
    if facts:
        headings = ("category", "month", "amount", "evidence", "state", "yours")
        output.table([word(heading) for heading in headings], map(_fact, facts), folds={0, 3, 4})
    for fact in facts:
        if fact.get("statement"):
            out.print(f"[dim]{word('statement')}:[/] {output.plain(fact['statement'])}")


def _agreement(one: _Body) -> str:
    similarity = one.get("similarity")
    exactly = "" if similarity is None or similarity == 1 else f" ({similarity:.2f})"
    return f"{word(str(one.get('field')))}: {word(str(one.get('how')))}{exactly}"


def _fact(fact: _Body) -> list[object]:
    if fact.get("state") == "no_longer_shown":
        gone = f"{word('no_longer_shown')} {output.moment(fact.get('since'))}"
        return [None, None, None, None, gone, None]
    band = fact.get("amount_band")
    return [
        word(str(fact.get("category"))),
        fact.get("month"),
        f"{band} {fact.get('currency') or ''}".strip() if band else None,
        word(str(fact.get("evidence_grade"))),
        word(str(fact.get("state"))),
        word("yes") if fact.get("own") else "",
    ]


def _show_terms(terms: list[_Body]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not terms:
        return
    grid = Table.grid(padding=(0, 1))
    for advice in terms:
        said = Text(word(str(advice.get("advice"))))
        said.append(f"  {advice.get('because', '')}", style="dim")
        grid.add_row("  •", said)
        wording = (advice.get("wording") or {}).get(words.language())
        if wording:
            grid.add_row("", Text(wording, style="italic"))
    output.out().print(f"\n[bold]{word('terms')}[/]")
    output.out().print(grid)
