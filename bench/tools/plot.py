"""Bars as an SVG picture: a file that a browser and a page of the repository show alike."""

from collections.abc import Mapping
from html import escape

_WIDTH, _HEIGHT, _LEFT, _FOOT, _HEAD = 640, 300, 60, 64, 44
_COLOURS = ("#2563a8", "#d9822b", "#4c9a6a")
_STYLE = "font: 13px system-ui, sans-serif; fill: #1f2933"


def bars(title: str, unit: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """Groups of bars side by side: group -> series -> value, all in one unit and from nought up."""
    most = max(value for series in groups.values() for value in series.values())
    names = list(next(iter(groups.values())))
    wide = (_WIDTH - _LEFT - 20) / len(groups)
    one = wide * 0.7 / len(names)
    floor = _HEIGHT - _FOOT

    def text(x: float, y: float, said: str, anchor: str = "middle") -> str:
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'

    drawn = [text(_WIDTH / 2, 20, title)]
    drawn.append(f'<path d="M{_LEFT} {floor}H{_WIDTH - 20}" stroke="#9aa5b1"/>')
    drawn.append(text(_LEFT - 8, floor + 4, f"0 {unit}", "end"))
    for place, (group, series) in enumerate(groups.items()):
        start = _LEFT + place * wide + wide * 0.15
        drawn.append(text(start + wide * 0.35, floor + 20, group))
        for number, (name, value) in enumerate(series.items()):
            tall = (floor - _HEAD) * value / most
            x = start + number * one
            colour = _COLOURS[names.index(name) % len(_COLOURS)]
            drawn.append(
                f'<rect x="{x:.1f}" y="{floor - tall:.1f}" width="{one - 4:.1f}" height="{tall:.1f}"'
                f' fill="{colour}"><title>{escape(f"{group}, {name}: {value:.2f} {unit}")}</title></rect>'
            )
            drawn.append(text(x + one / 2 - 2, floor - tall - 5, f"{value:.2f}"))
    for number, name in enumerate(names):
        x = _LEFT + number * 170
        drawn.append(
            f'<rect x="{x}" y="{_HEIGHT - 24}" width="12" height="12" fill="{_COLOURS[number]}"/>'
        )
        drawn.append(text(x + 18, _HEIGHT - 13, name, "start"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(title)}" style="{_STYLE}">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )
