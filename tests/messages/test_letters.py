"""Every letter in three languages with the same values; a notice tells nothing but that it is one."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import product
from string import Template as Pattern

import msgspec
import pytest

from registry.deadlines import Calendar
from registry.messages import letters
from registry.messages.letters import NoSuchForm
from registry.messages.rules import Channel, Language, Template

KYIV = Calendar("Europe/Kyiv", "UA")
OURS = {"operator_name": "Client Registry", "public_url": "https://registry.example.org"}
VALUES = {
    "file_url": "https://registry.example.org/my-file",
    "dispute_url": "https://registry.example.org/dispute",
    "visible_from": "05.12.2026",
    "code": "481516",
    "report_id": "0193a6c1-0000-7000-8000-000000000001",
    "noticed": "- calls went on and on after the budget was spent (600)",
    "business_name": "ТОВ «Приклад»",
    "reason_text": "The file does not show the order.",
    "answer_by": "05.12.2026",
    "appeal_by": "19.12.2026",
    "decide_by": "25.12.2026",
    "shown_on": "01.11.2026",
    "dispute_id": "0193a6c1-0000-7000-8000-000000000002",
    "detachment_id": "0193a6c1-0000-7000-8000-000000000003",
    "complete_by": "30.01.2027",
    "erased_on": "04.01.2027",
    "more_days": "15",
    "age": "18",
    "contest_by": "02.11.2027",
    "lookup_id": "0193a6c1-0000-7000-8000-000000000003",
    "statement": "I collected the parcel.",
    "business_id": "0193a6c1-0000-7000-8000-000000000004",
    "decided": "6",
    "overturned": "2",
    "percent": "20",
    "least": "5",
    "days": "365",
    "budget": "50",
    "webhook_host": "events.shop.example",
}
#: Letters to people go by SMS as well.
SHORT = {
    Template.REPORT_NOTICE,
    Template.SUBJECT_CODE,
    Template.DISPUTE_RECEIVED,
    Template.DISPUTE_REFUSED,
    Template.DOCUMENT_ACCEPTED,
    Template.DOCUMENT_REFUSED,
    Template.DETACHMENT_CONFIRMED,
    Template.DETACHMENT_RESTORED,
    Template.DISPUTE_TAKEN_UP,
    Template.DISPUTE_FILES,
    Template.DISPUTE_MESSAGE,
    Template.SETTLEMENT_RECEIVED,
    Template.SETTLEMENT_CONFIRMED,
    Template.RULING_UPHELD,
    Template.RULING_AMENDED,
    Template.RULING_REMOVED,
    Template.RULING_UNANSWERED,
    Template.ERASED,
    Template.ERASURE_STILL_NEEDED,
    Template.ERASURE_NOT_YET,
    Template.OBJECTION_RECEIVED,
    Template.OBJECTION_RECEIVED_AGAIN,
    Template.OBJECTION_REFUSED,
    Template.OBJECTION_LAPSED,
    Template.NOTICE_OVER,
    Template.REPORT_TAKEN_BACK,
    Template.REPORT_SETTLED,
    Template.REPORT_EXPIRED,
    Template.DISPUTE_ANSWERED,
    Template.DISPUTE_OVERDUE,
    Template.APPEAL_RECEIVED,
    Template.RULING_UPHELD_FINAL,
    Template.RULING_AMENDED_FINAL,
}
GSM_BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Of these each counts as two.
GSM_EXTENDED = set("^{}\\[~]|€\f")


def forms() -> Iterator[tuple[Template, Channel]]:
    for template, channel in product(Template, Channel):
        if channel is Channel.MAIL or template in SHORT:
            yield template, channel


@pytest.mark.parametrize("language", Language)
def test_each_language_has_exactly_the_templates_there_are(language: Language) -> None:
    assert letters._texts(language).keys() == set(Template)


@pytest.mark.parametrize("template", Template)
def test_a_template_has_the_same_values_in_every_language(template: Template) -> None:
    """Subject, text and SMS are compared apart."""

    def values(text: str | None) -> set[str] | None:
        return None if text is None else set(Pattern(text).get_identifiers())

    first, *others = [
        {
            part: values(text)
            for part, text in msgspec.structs.asdict(letters._texts(language)[template]).items()
        }
        for language in Language
    ]
    assert all(other == first for other in others)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("template", "channel"), list(forms()))
def test_a_letter_is_whole(template: Template, channel: Channel, language: Language) -> None:
    """No placeholder is left, the subject is one line, and it is signed."""
    values = {name: VALUES[name] for name in letters.needed(template, channel)} | OURS
    letter = letters.write(template, channel, language, values)
    assert "$" not in letter.subject + letter.text
    assert "\n" not in letter.subject
    assert letter.text == letter.text.strip() + "\n"
    assert "Client Registry" in letter.text
    for name in letters.needed(template, channel):
        assert VALUES[name] in letter.text


@pytest.mark.parametrize("language", Language)
def test_a_language_uses_its_own_letters(language: Language) -> None:
    """A text pasted under the wrong language is noticed."""
    for form in letters._texts(language).values():
        words = Pattern(form.text).template
        has_uk, has_ru = bool(set(words) & set("іїєґ")), bool(set(words) & set("ыэъё"))
        assert (has_uk, has_ru) == {"uk": (True, False), "ru": (False, True), "en": (False, False)}[
            language
        ]


@pytest.mark.parametrize("channel", Channel)
def test_the_notice_can_say_nothing_of_the_report(channel: Channel) -> None:
    """It has no place for a name, a category, an amount or the reporter."""
    allowed = {"file_url", "dispute_url", "visible_from"}
    assert letters.needed(Template.REPORT_NOTICE, channel) <= allowed
    assert {"file_url", "visible_from"} <= letters.needed(Template.REPORT_NOTICE, channel)


def parts(text: str) -> int:
    """How many short messages carry it (3GPP TS 23.038 and 23.040): each is paid for, and one may get lost.

    160 characters of the GSM alphabet in one, 153 in each of several; with any other letter 70 and 67.
    """
    if set(text) <= GSM_BASIC | GSM_EXTENDED:
        length, alone, joined = len(text) + sum(text.count(c) for c in GSM_EXTENDED), 160, 153
    else:
        length, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= alone else -(-length // joined)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 153 * 2, 2),
        ("a" * 307, 3),
        ("a" * 159 + "€", 2),
        ("я" * 70, 1),
        ("a" * 70 + "я", 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("я" * 68 + "\U0001f600", 1),
        ("я" * 69 + "\U0001f600", 2),
    ],
)
def test_parts_are_counted_as_networks_do(text: str, expected: int) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("template", sorted(SHORT))
def test_a_short_form_is_short(template: Template, language: Language) -> None:
    """One message in English. A message holds half as much Cyrillic: two, and three with a link to what to do next.

    A reason, where there is one, is not counted: whoever has nothing but a phone reads it there or nowhere.
    """
    day = letters.spoken(date(2026, 12, 25), Channel.SMS, language, KYIV)
    last = letters.spoken(KYIV.end(date(2026, 12, 25)), Channel.SMS, language, KYIV)
    values = VALUES | OURS | {"visible_from": day, "appeal_by": last, "decide_by": day}
    values["reason_text"] = ""
    text = letters.write(template, Channel.SMS, language, values).text.strip()
    if language is Language.EN:
        assert set(text) <= GSM_BASIC
        assert parts(text) == 1
    else:
        assert parts(text) <= (3 if "https://" in text else 2)


@pytest.mark.parametrize("template", sorted(set(Template) - SHORT))
def test_other_letters_have_no_short_form(template: Template) -> None:
    with pytest.raises(NoSuchForm):
        letters.needed(template, Channel.SMS)


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(NoSuchForm, match="code"):
        letters.write(Template.SIGNUP_CODE, Channel.MAIL, Language.EN, OURS)


def test_values_are_not_patterns() -> None:
    """What a moderator writes is put in as it stands."""
    values = VALUES | OURS | {"reason_text": "costs $100, see ${code} and $public_url"}
    letter = letters.write(Template.REPORT_REJECTED, Channel.MAIL, Language.EN, values)
    assert "costs $100, see ${code} and $public_url" in letter.text


@pytest.mark.parametrize(
    ("channel", "language", "spoken"),
    [
        ("mail", "uk", "5 грудня 2026 року"),
        ("mail", "ru", "5 декабря 2026 года"),
        ("mail", "en", "5 December 2026"),
        ("sms", "uk", "05.12.2026"),
        ("sms", "ru", "05.12.2026"),
        ("sms", "en", "5 Dec 2026"),
    ],
)
def test_dates_are_in_the_languages_own_form(channel: str, language: str, spoken: str) -> None:
    assert letters.spoken(date(2026, 12, 5), Channel(channel), Language(language), KYIV) == spoken


@pytest.mark.parametrize("language", Language)
def test_every_month_has_its_own_name(language: Language) -> None:
    spoken = {
        letters.spoken(date(2026, month, 1), Channel.MAIL, language, KYIV) for month in range(1, 13)
    }
    assert len(spoken) == 12


@pytest.mark.parametrize(
    ("channel", "language", "at", "spoken"),
    [
        ("mail", "uk", "2026-12-05T22:30Z", "6 грудня 2026 року, 00:30 (UTC+2)"),
        ("mail", "ru", "2026-07-05T10:00Z", "5 июля 2026 года, 13:00 (UTC+3)"),
        ("sms", "en", "2026-12-05T10:00Z", "5 Dec 2026, 12:00 (UTC+2)"),
        ("mail", "uk", "2026-12-05T22:00Z", "5 грудня 2026 року включно"),
        ("mail", "ru", "2026-07-05T21:00Z", "5 июля 2026 года включительно"),
        ("mail", "en", "2026-12-05T22:00Z", "5 December 2026"),
        ("sms", "uk", "2026-12-05T22:00Z", "05.12.2026 включно"),
    ],
)
def test_a_deadline_is_told_to_the_minute_and_the_end_of_a_day_as_that_day(
    channel: str, language: str, at: str, spoken: str
) -> None:
    moment = datetime.fromisoformat(at)
    assert letters.spoken(moment, Channel(channel), Language(language), KYIV) == spoken


def test_words_are_told_as_they_are() -> None:
    assert letters.spoken("as it is", Channel.SMS, Language.UK, KYIV) == "as it is"
