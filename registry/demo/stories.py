"""What businesses write: statements, contacts with the client, attempts to settle, reasons of decisions.

Lives here: the words, in the languages of the businesses, facts only and nobody's name. Not here: who
wrote them when (`plan`).
"""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from registry.reports.rules import NEEDS_CONTACTS, Category
from registry.reports.wire import Contact

#: Category -> what happened, in Ukrainian and in English.
_STATEMENTS: dict[Category, tuple[tuple[str, ...], str]] = {
    Category.PARCEL_REFUSED: (
        (
            "Замовлення з післяплатою підтверджено телефоном. Посилку не забрано протягом семи днів, вона повернулася.",
            "Клієнт двічі переносив отримання посилки з оплатою при отриманні й не забрав її.",
        ),
        "Ordered with cash on delivery, confirmed by phone, not collected within seven days.",
    ),
    Category.NO_SHOW: (
        (
            "Час заброньовано й напередодні підтверджено. Клієнт не з'явився і не попередив.",
            "Майстер приїхав на узгоджений час, клієнт не відчинив і не відповів на дзвінки.",
        ),
        "The booking was confirmed the day before. Nobody came, and nobody called it off.",
    ),
    Category.PAYMENT_OVERDUE: (
        (
            "Роботу прийнято за актом. Рахунок не сплачено понад 30 днів після строку.",
            "Товар отримано за накладною з відстрочкою, оплати немає понад місяць після строку.",
        ),
        "The work was accepted in writing; the invoice is more than 30 days past its due date.",
    ),
    Category.PAYMENT_REFUSED: (
        (
            "Роботу виконано й прийнято. Від оплати клієнт відмовився без зауважень до роботи.",
            "Послугу надано повністю, акт підписано. Клієнт письмово відмовився платити.",
        ),
        "The work was accepted without remarks, and payment was refused afterwards.",
    ),
    Category.CHARGEBACK_ABUSE: (
        (
            "Послугу отримано, після чого платіж карткою оскаржено в банку як невиконаний.",
            "Товар вручено під підпис. За тиждень клієнт повернув платіж через банк.",
        ),
        "Delivery was signed for; a week later the card payment was charged back.",
    ),
    Category.RETURN_ABUSE: (
        (
            "Повернуто річ зі слідами тривалого користування, з іншим серійним номером.",
            "Товар повернуто після строку, вживаний, без комплекту. Кошти клієнт утримує.",
        ),
        "The goods came back used and with another serial number than the one sold.",
    ),
    Category.SCOPE_ABUSE: (
        (
            "Клієнт вимагав роботи поза письмовим договором і затримав оплату за прийняту частину.",
            "Після прийняття етапу клієнт зажадав нових робіт без доплати й не платить за етап.",
        ),
        "Work outside the written contract was demanded, and payment for the accepted part withheld.",
    ),
    Category.ABUSIVE_CONDUCT: (
        (
            "Клієнт ображав працівників у листуванні та погрожував їм; листування збережено.",
            "Під час візиту клієнт принижував працівників, є запис розмови за їхньою згодою.",
        ),
        "Staff were insulted and threatened in writing; the messages are kept.",
    ),
}
_CONTACTS = (
    ("phone", "Обіцяли відповісти до кінця тижня."),
    ("phone", "Не відповідають, дзвонили тричі."),
    ("email", "Надіслано рахунок і нагадування, відповіді немає."),
    ("viber", "Прочитано, без відповіді."),
    ("phone", "Підтвердили, що пам'ятають про борг, просили почекати."),
)
_CONTACTS_ABROAD = (
    ("phone", "Promised to answer by the end of the week."),
    ("email", "Sent the invoice again with a reminder; no answer."),
    ("phone", "Called three times, nobody answered."),
)
_ATTEMPTS = (
    "Два дзвінки й повідомлення, запропоновано оплату частинами. Відповіді немає.",
    "Надіслано письмову вимогу, запропоновано зустріч. Клієнт відмовився.",
    "Запропоновано повернення без штрафу й новий строк. Домовленості не дотримано.",
)
_ATTEMPT_ABROAD = "Two reminders and an offer to pay in stages. No answer."

#: Reasons of moderators and members, in words that the other side reads.
PUBLISHED = "Договір, докази й спроби врегулювання є; факт належить до однієї з категорій."
SECOND_OPINION = "Нові докази переглянуто незалежно: умови для подання виконано."
MISSING = "Додайте документ, з якого видно, що замовлення було прийнято."
UNCLEAR = "Уточніть, будь ласка, дату й що саме було погоджено письмово."
CLARIFIED = "Погоджено листом, акт підписано обома сторонами; дата в ньому та сама."
REJECTED = {
    "no_grounds": "З поданого не видно, що умови договору порушено.",
    "no_contract": "Немає ознак договору чи замовлення між сторонами.",
    "wrong_category": "Описане не належить до обраної категорії.",
    "sensitive_content": "Опис містить відомості, яких реєстр не приймає.",
}
WITHDRAWN = "Ми помилилися в номері договору."
SETTLED = "Клієнт розрахувався повністю."
UPHELD = "Акт і листування підтверджують факт; заперечення доказів не має."
AMENDED = "Частину суми сплачено до подання; решту підтверджено."
REMOVED = "Доказів недостатньо, щоб підтвердити факт."
REINSERTED = "Знайдено підписаний акт, якого бракувало першого разу."
VERIFIED = "Код перевірено за реєстром, домен і адреса належать компанії."
REFUSED = "За цим кодом у реєстрі компаній нічого не знайдено."
SUSPENDED = "Чотири записи поспіль подано без договору; триває перевірка."


def statement(dice: Random, category: Category, *, abroad: bool) -> str:
    """What happened, in the business's own language."""
    at_home, elsewhere = _STATEMENTS[category]
    return elsewhere if abroad else dice.choice(at_home)


def contacts(
    dice: Random, category: Category, since: date, until: datetime, *, abroad: bool
) -> list[Contact]:
    """The dated log of contacts between the incident and the report, in office hours, oldest first."""
    count = dice.randint(1, 3) if category in NEEDS_CONTACTS else dice.choice((0, 0, 1))
    days = (until.date() - since).days
    office = [dice.randrange(6 * 60, 15 * 60) for _ in range(count)]
    moments = sorted(
        datetime.combine(since, time(), UTC)
        + timedelta(days=dice.randint(1, max(1, days - 1)), minutes=minute)
        for minute in office
    )
    known = _CONTACTS_ABROAD if abroad else _CONTACTS
    return [
        Contact(at=min(at, until), channel=channel, summary=summary)
        for at, (channel, summary) in zip(moments, dice.sample(known, count), strict=True)
    ]


def attempts(dice: Random, category: Category, *, abroad: bool) -> str | None:
    """What was done to settle it; nothing need be after insults."""
    if category is Category.ABUSIVE_CONDUCT:
        return None
    return _ATTEMPT_ABROAD if abroad else dice.choice(_ATTEMPTS)
