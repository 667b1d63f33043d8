"""Identifiers and names in free text: found however they are written, and not seen in orders, amounts and dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import phone
from registry.matching.mentions import Kind, Mention, identifiers, outermost
from registry.matching.named import names

FIRMS = ["ТОВ «Світ Взуття»", "ФОП Шевченко Олена Ігорівна", "Rozetka LLC", "ТОВ «Соняшник»"]
OWNERS = ["Кравець Іван Петрович", "Мороз О.", "Марія Зеленська", "Кіт Василь", "Bank of the West"]

NAMED = [
    ("Дзвоніть мені 050 555 01 77, я все поясню", Kind.PHONE, "050 555 01 77"),
    ("мой номер +7 (912) 345-67-80, звоните", Kind.PHONE, "+7 (912) 345-67-80"),
    ("call +380505550177 any time", Kind.PHONE, "+380505550177"),
    ("пишіть на 0 50 5 55 01 77", Kind.PHONE, "0 50 5 55 01 77"),
    ("тел0505550177", Kind.PHONE, "0505550177"),
    ("квартира 12 0505550177", Kind.PHONE, "0505550177"),
    ("номер 505550177", Kind.PHONE, "505550177"),
    ("замовлення 0505550177", Kind.PHONE, "0505550177"),
    ("８０５０５５５０１７７", Kind.PHONE, "８０５０５５５０１７７"),
    ("٠٥٠٥٥٥٠١٧٧", Kind.PHONE, "٠٥٠٥٥٥٠١٧٧"),
    ("8 (495) 123-45-67", Kind.PHONE, "8 (495) 123-45-67"),
    ("write to o.koval+shop@mail.example.com please", Kind.EMAIL, "o.koval+shop@mail.example.com"),
    ("пошта koval＠mail．example", Kind.EMAIL, "koval＠mail．example"),
    ("пишите koval собака mail точка ru", Kind.EMAIL, "koval собака mail точка ru"),
    ("koval (at) gmail dot com", Kind.EMAIL, "koval (at) gmail dot com"),
    ("а@почта.рф", Kind.EMAIL, "а@почта.рф"),
    ("усе тут: https://example.com/x?y=1", Kind.LINK, "https://example.com/x?y=1"),
    ("сайт shop-kyiv.com.ua бреше", Kind.LINK, "shop-kyiv.com.ua"),
    ("мій t.me/olena_k", Kind.LINK, "t.me/olena_k"),
    ("спитайте @olena_koval", Kind.HANDLE, "@olena_koval"),
    ("Telegram: olena", Kind.HANDLE, "olena"),
    ("у телеграмі olenak", Kind.HANDLE, "olenak"),
    ("в инстаграм shop.kyiv", Kind.HANDLE, "shop.kyiv"),
    ("їхній ЄДРПОУ 12345678", Kind.CODE, "12345678"),
    ("власник, ІПН 3184710691", Kind.CODE, "3184710691"),
    ("за кодом 99001128 зареєстрована", Kind.CODE, "99001128"),
    ("паспорт серії КВ № 123456", Kind.CODE, "паспорт серії КВ № 123456"),
    ("переказала на 4149 4990 1234 5678", Kind.ACCOUNT, "4149 4990 1234 5678"),
    ("картка 5555555555554444", Kind.ACCOUNT, "5555555555554444"),
    ("IBAN UA213223130000026007233566001", Kind.ACCOUNT, "UA213223130000026007233566001"),
    ("Магазин Світ Взуття не відповідав", Kind.NAME, "Світ Взуття"),
    ("Svit Vzuttia lied", Kind.NAME, "Svit Vzuttia"),
    ("«Взуття» не відповідало", Kind.NAME, "Взуття"),
    ("у Шевченко я нічого не купувала", Kind.NAME, "Шевченко"),
    ("замовляв у соняшнику", Kind.NAME, "соняшнику"),
    ("Rozetka's courier", Kind.NAME, "Rozetka's"),
    ("домовилися з паном Кравцем", Kind.NAME, "Кравцем"),
    ("Зеленської не було", Kind.NAME, "Зеленської"),
    ("обіцяв пан Кіт особисто", Kind.NAME, "Кіт"),
    ("Кpaвeць обіцяв", Kind.NAME, "Кpaвeць"),  # with Latin p, a and e
]

HONEST = [
    "Замовлення 4711 на 1250 грн я забрала третього дня, чек є.",
    "Посилка 20450012345678 прийшла розбита, тому я її повернув.",
    "Накладна № 59000123456789, відділення 12, забрав 05.11.2026 о 18:40.",
    "За договором №2026/11-05 роботу прийнято не було.",
    "Заплатив 125 000 грн 3 листопада, решту 12 500 грн 10 листопада.",
    "Рахунок 1234567890 оплачено повністю 01.10.2026.",
    "Курʼєр приїхав о 9:30 замість 18:00-20:00, мене не було вдома.",
    "Розмір 42, а просила 38; обміняти відмовилися двічі.",
    "Штори 250x180 см замість 200х260 см, фото додаю.",
    "Мені 67 років, до відділення 3 км, а нести 15 кг.",
    "Замовлення номер 9123456789 скасувала того ж дня.",
    "Домовлялися на 14.11, зробили 28.11, тобто на 14 днів пізніше.",
    "Оплата 50%, тобто 50 000 грн, пройшла 2026-11-05.",
    "Я написала у телеграмі та вайбері, що не приїду.",
    "Повернула в межах 14 днів за статтею 9 закону 1023-XII.",
    "Взуття не підійшло за розміром, чек і коробка збереглися.",
    "Иван из доставки не позвонил, хотя обещал до 19:00.",
    "Заказ 771204 оплачен 12.10.2026, квитанция 003412 приложена.",
    "Посылка RB123456789UA не пришла до сих пор, прошло 40 дней.",
    "Сумма 3 499,00 руб. списана дважды: 05.11 и 06.11.",
    "Ждал курьера с 10 до 14 по адресу, он не приехал.",
    "Работу приняли не полностью: 7 пунктов из 12, акт от 01.09.2026.",
    "Предоплата 30 000, остаток 70 000, всего 100 000 рублей.",
    "Товар был в употреблении, серийный номер не совпадает.",
    "Отказался, потому что срок 3 дня превратился в 30.",
    "Счёт № 40817 от 03.11.2026 оплачен, платёж 15 000 грн.",
    "Договорились по телефону, письменного договора нет.",
    "Версия 2.10.3 не работала, версию 2.11 не передали.",
    "Мороженое растаяло, вернул сразу.",
    "Курьер ушёл, потому что кот выбежал; кіт удома.",
    "I collected the parcel on the third day and have the receipt.",
    "Order 4711 for 1250 UAH was paid on 5 November 2026.",
    "The invoice INV-2026-00417 was settled in two parts, 500 and 750 USD.",
    "They came at 9 a.m. instead of 6-8 p.m. on 2026-11-05.",
    "Scope was 12 pages; they sent 7 and asked 40 000 for them.",
    "The waybill 59000987654321 shows that nobody called.",
    "I refused delivery because the box weighed 2 kg and not 12 kg.",
    "Card was charged twice: 1,999.00 and 1,999.00 UAH.",
    "We met on Telegram, then on Instagram, and agreed on 50%.",
    "Look at clause 4.2.1, dot by dot, at the end of the contract.",
    "Contract no. 12-2026 says 30 days; it was day 31.",
]


@pytest.mark.parametrize(("text", "kind", "what"), NAMED)
def test_what_leads_to_somebody_is_found(text: str, kind: Kind, what: str) -> None:
    found = [*identifiers(text, "UA"), *names(text, firms=FIRMS, persons=OWNERS)]
    assert [(one.kind, text[one.start : one.end]) for one in outermost(found)] == [(kind, what)]


@pytest.mark.parametrize("text", HONEST)
def test_orders_amounts_and_dates_lead_to_nobody(text: str) -> None:
    found = [*identifiers(text, "UA"), *names(text, firms=FIRMS, persons=OWNERS)]
    assert [text[one.start : one.end] for one in found] == []


def test_there_are_forty_honest_sentences() -> None:
    assert len(HONEST) >= 40


@given(st.from_regex(r"\A(?:50|63|67|99)[0-9]{7}\Z"), st.sampled_from(["0{}", "+380{}", "380 {}"]))
def test_every_mobile_number_is_found_between_other_numbers(digits: str, form: str) -> None:
    """Not when it is cut into pieces, which a reader has to see."""
    written = form.format(f"{digits[:2]} {digits[2:5]}-{digits[5:7]}-{digits[7:]}")
    text = f"З 5 по 12 я дзвонила 3 рази на {written}, 2 рази марно."
    (found,) = identifiers(text, "UA")
    assert phone.read(text[found.start : found.end], "UA") == f"+380{digits}"


@given(st.text(max_size=120) | st.text("0123456789 +-().@:№грн", max_size=120))
def test_any_text_is_read_and_what_is_found_is_in_it(text: str) -> None:
    found = [*identifiers(text, "UA"), *names(text, firms=FIRMS, persons=OWNERS)]
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    kept = outermost(found)
    assert kept == sorted(kept)


def test_of_two_that_lie_in_each_other_the_outer_one_is_told() -> None:
    inner, outer = Mention(3, 5, Kind.CODE), Mention(1, 9, Kind.LINK)
    assert outermost([inner, outer]) == [outer]


@pytest.mark.parametrize(
    "text", ["1 " * 400, "+" * 800, "a" * 799 + "@", "a." * 400, "UA12 " * 160, "@" * 800]
)
def test_no_text_takes_long(text: str) -> None:
    """A statement's length of the worst that was thought of: it ends, whatever it finds."""
    identifiers(text, "UA")
    names(text, firms=FIRMS, persons=OWNERS)
