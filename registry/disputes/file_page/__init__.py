"""A person's file as a page to read, print or save: the same Struct that programs get as JSON, in three languages.

The page is whole in itself: no script, nothing from anywhere, one style, which its policy names by its hash. It is laid
out for A4; whoever wants a PDF prints it into one, which keeps the headings and tables that a screen reader needs, and
which a second layout engine in here would lose. The words are data, one TOML file a language, with the parts that the
law wants a person to be told (GDPR, art. 15(1) and (2); Law of Ukraine No. 2297-VI, art. 8(2)).
"""

import tomllib
from datetime import UTC, date, datetime
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from registry.disputes.file_wire import Information, SubjectFile
from registry.messages import letters
from registry.messages.rules import Channel, Language
from registry.platform.documents import pages
from registry.platform.policy import Policy
from registry.platform.settings import Settings
from registry.reports.money import in_major

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "file.css").read_text(encoding="utf-8").replace("\r\n", "\n")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": pages.only_style(STYLE),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def information(settings: Settings, policy: Policy, language: Language) -> list[Information]:
    """What the law wants a person to be told beside the data, with this deployment's names and numbers."""
    values = _values(settings, policy)
    return [
        Information(title=part["title"], text=Template(part["text"]).substitute(values))
        for part in texts(language)["information"]
    ]


def render(file: SubjectFile, settings: Settings, policy: Policy) -> bytes:
    """The page, in the file's language; UTF-8."""
    language, values = file.language, _values(settings, policy)

    def day(at: date) -> str:
        on = policy.calendar.day(at) if isinstance(at, datetime) else at
        return letters.spoken(on, Channel.MAIL, language, policy.calendar)

    def money(amount: int, currency: str) -> str:
        number = in_major(amount, currency)
        # Ukrainian and Russian: 1 250,00.
        spoken = str.maketrans({} if language is Language.EN else {",": "\u00a0", ".": ","})
        return f"{number.translate(spoken)}\u00a0{currency}"

    def said(text: str, **more: str) -> str:
        return Template(text).substitute(values | more)

    page = _ENVIRONMENT.get_template("file.html").render(
        file=file,
        t=texts(language),
        day=day,
        minute=lambda at: f"{day(_utc(at).date())}, {_utc(at):%H:%M}",
        said=said,
        money=money,
        date_of=date.fromisoformat,
        named=policy.file_names_businesses,
    )
    return page.encode()


@cache
def texts(language: Language) -> dict[str, Any]:
    """The words of one language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _values(settings: Settings, policy: Policy) -> dict[str, str]:
    return {
        "operator": settings.operator_name,
        "mail": parseaddr(settings.mail_from)[1],
        "page": f"{settings.public_url}/docs/you",
        "erase_after": str(policy.erase_after_days),
        "months": str(policy.receipt_months),
        "appeal": str(policy.appeal_days),
    }


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


_ENVIRONMENT = pages.environment(FOLDER, STYLE)
