"""The pages themselves: templates and style put together, and what they may load (nothing)."""

import base64
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from string import Template as Pattern
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from registry.platform.documents.prose import coloured, inline, prose
from registry.platform.documents.view import View
from registry.platform.policy import Policy
from registry.platform.settings import Settings

FOLDER = Path(__file__).parent / "templates"
STYLE = (FOLDER / "style.css").read_text(encoding="utf-8").replace("\r\n", "\n")
TEXTS = tomllib.loads((FOLDER / "you.toml").read_text(encoding="utf-8"))
FIGURES = tomllib.loads((FOLDER / "figures.toml").read_text(encoding="utf-8"))
#: Months on the page of figures: more would not fit beside each other.
COLUMNS = 6


def only_style(style: str) -> str:
    """The policy of a page: the one thing that it may use is the style that stands in it."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )


POLICY = only_style(STYLE)
#: How long a one-time code is good; `subjects.rules` says so, from above.
CODE_HOURS = 4


def environment(folder: Path, style: str) -> Environment:
    """The templates of a folder. What they are given is escaped; what they name and are not given is an error."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"style": Markup(style)}  # noqa: S704 - our own file, not input
    return made


def _environment() -> Environment:
    made = environment(FOLDER, STYLE)
    made.filters |= {"prose": prose, "inline": inline, "coloured": coloured, "quoted": quoted}
    made.filters["cell"] = cell
    return made


def quoted(text: str) -> str:
    """Text within single quotes of a shell."""
    return text.replace("'", "'\\''")


@lru_cache(maxsize=4)
def _docs(contract: bytes, url: str, operator: str, policy: str, numbers: str) -> bytes:
    view = View(json.loads(contract))
    values = {"view": view, "url": url, "operator": operator, "policy": policy}
    page = _ENVIRONMENT.get_template("docs.html").render(**values, numbers=json.loads(numbers))
    return page.encode()


def docs(contract: bytes, settings: Settings, policy: Policy) -> bytes:
    """The page for customers, from the OpenAPI document and this deployment's address and numbers."""
    plans = {name: [plan.minute, plan.day] for name, plan in policy.plans.items()}
    numbers = {"plans": plans, "months": policy.retention_months, "notice": policy.notice_days}
    numbers["cooling"] = policy.cooling_off_hours
    url = settings.public_url.rstrip("/")
    return _docs(contract, url, settings.operator_name, policy.stamp, json.dumps(numbers))


def cell(month: Mapping[str, Any], path: str) -> str:
    """One figure of a month, by its place in it; what is below five is not told."""
    found: Any = month
    for name in path.split("."):
        found = found[name]
    return "< 5" if found is None else f"{found}"


def figures(months: Sequence[Mapping[str, Any]], settings: Settings) -> bytes:
    """The page of public figures, of the newest months."""
    values = {"texts": FIGURES, "operator": settings.operator_name, "months": months[:COLUMNS]}
    return _ENVIRONMENT.get_template("figures.html").render(**values).encode()


def for_people(settings: Settings, policy: Policy) -> bytes:
    """The page for people who received a notice, with this deployment's numbers."""
    _, address = parseaddr(settings.mail_from)
    numbers = {
        "answer_days": policy.answer_days,
        "ruling_days": policy.ruling_days,
        "appeal_days": policy.appeal_days,
        "erase_days": policy.erase_after_days,
        "code_hours": CODE_HOURS,
    }
    values = {
        "texts": TEXTS,
        "operator": settings.operator_name,
        "mail": address,
        "said": lambda text: Pattern(text).substitute(numbers),
    }
    return _ENVIRONMENT.get_template("you.html").render(**values).encode()


_ENVIRONMENT = _environment()
