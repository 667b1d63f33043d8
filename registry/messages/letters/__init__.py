"""The texts of letters, and how one is written.

The texts are data: one TOML file a language, a table a template, with `subject`, `text` and, where a
template may go by SMS, `sms`. Values take the place of `$name`. A notice to a person says only that a
record names this address: whoever now holds a recycled number must not learn a stranger's debt.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from string import Template as Pattern
from zoneinfo import ZoneInfo

import msgspec

from registry.deadlines import Calendar
from registry.messages.rules import Channel, Language, Template

FOLDER = Path(__file__).parent
#: Every letter may use these; they come from the settings, not from the caller.
FROM_SETTINGS = frozenset({"operator_name", "public_url"})

_MONTHS = {
    Language.UK: "січня лютого березня квітня травня червня "
    "липня серпня вересня жовтня листопада грудня",
    Language.RU: "января февраля марта апреля мая июня "
    "июля августа сентября октября ноября декабря",
    Language.EN: "January February March April May June "
    "July August September October November December",
}
#: What is said of the last day of a term.
_INCLUDED = {Language.UK: " включно", Language.RU: " включительно", Language.EN: ""}
_YEAR = {Language.UK: " року", Language.RU: " года", Language.EN: ""}


class NoSuchForm(ValueError):
    """The template has no form for this channel, or a value that it needs is missing."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One template in one language, as it lies in the file."""

    subject: str
    text: str
    sms: str | None = None


class Letter(msgspec.Struct, frozen=True):
    """A letter as it is sent. An SMS keeps the subject for whoever reads the outbox folder."""

    subject: str
    text: str


def needed(template: Template, channel: Channel) -> frozenset[str]:
    """The values that the caller must give; raises `NoSuchForm` when the channel has no form."""
    form = _texts(Language.EN)[template]
    names = (
        Pattern(_body(form, channel)).get_identifiers() + Pattern(form.subject).get_identifiers()
    )
    return frozenset(names) - FROM_SETTINGS


def write(
    template: Template, channel: Channel, language: Language, values: Mapping[str, str]
) -> Letter:
    """Put the values in; raises `NoSuchForm` when one is missing."""
    form = _texts(language)[template]
    try:
        subject = Pattern(form.subject).substitute(values)
        text = Pattern(_body(form, channel)).substitute(values)
    except KeyError as missing:
        raise NoSuchForm(f"{template} needs the value {missing}") from None
    return Letter(subject=" ".join(subject.split()), text=text.strip() + "\n")


def spoken(value: str | date, channel: Channel, language: Language, calendar: Calendar) -> str:
    """A value as it stands in a letter: a day in the language's own form, short in an SMS.

    A moment is a deadline, told as the clock there shows it; one that ends a day is told as that day, included.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, datetime):
        return _day(value, channel, language)
    last = calendar.day(value) - timedelta(days=1)
    if calendar.end(last) == value:
        return _day(last, channel, language) + _INCLUDED[language]
    there = value.astimezone(ZoneInfo(calendar.zone))
    offset = (there.utcoffset() or timedelta()) // timedelta(hours=1)
    return f"{_day(there.date(), channel, language)}, {there:%H:%M} (UTC{offset:+d})"


def _day(day: date, channel: Channel, language: Language) -> str:
    month = _MONTHS[language].split()[day.month - 1]
    if channel is Channel.MAIL:
        return f"{day.day} {month} {day.year}{_YEAR[language]}"
    if language is Language.EN:
        return f"{day.day} {month[:3]} {day.year}"
    return f"{day:%d.%m.%Y}"


def _body(form: Text, channel: Channel) -> str:
    if channel is Channel.MAIL:
        return form.text
    if form.sms is None:
        raise NoSuchForm("This template has no short form for SMS.")
    return form.sms


@cache
def _texts(language: Language) -> Mapping[Template, Text]:
    body = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return msgspec.convert(body, dict[Template, Text])
