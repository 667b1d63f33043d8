"""Names of persons: what agrees, what is only part, and what is somebody else."""

import pytest
from hypothesis import example, given

from registry.matching import given_names, name_parts, name_words, names, romanise
from registry.matching.agreement import NameAgreement
from registry.matching.name_grades import AGREES, agree_fathers
from tests.matching.values import near_misses, person_names, read_or_none, refusal


def compare(one: str, other: str) -> NameAgreement | None:
    """Two names as they are written."""
    return names.compare(names.prepare(one), names.prepare(other))


AGREE = [
    # one, other, how, why
    ("Олександр Шевченко", "Олександр Шевченко", "same", "the same"),
    ("Шевченко Олександр", "Олександр Шевченко", "same", "order"),
    ("ШЕВЧЕНКО олександр", "Олександр Шевченко", "same", "case"),
    ("Шевченко, Олександр", "Олександр Шевченко", "same", "comma of a file"),
    ("Дем'ян Бойко", "Дем’ян Бойко", "same", "apostrophes"),
    ("Дем`ян Бойко", "Демян Бойко", "same", "apostrophe left out"),
    ("Cepгій Коваль", "Сергій Коваль", "same", "Latin letters in a Cyrillic word"),
    ("Шевченко Олександр Петрович", "Олександр Шевченко", "same", "patronymic missing"),
    ("ФОП Шевченко Олександр", "Шевченко Олександр", "same", "sole trader"),
    ("Петрович Олександр Іванович", "Петрович Олександр", "same", "a surname like a patronymic"),
    ("Янукович Остап Федорович", "Остап Янукович", "same", "a surname like a patronymic, first"),
    ("Роман Мартин", "Мартин Роман", "same", "a surname that is a given name"),
    ("Олександр Шевченко", "Oleksandr Shevchenko", "transliteration", "KMU-55"),
    ("Олександр Шевченко", "Александр Шевченко", "transliteration", "Ukrainian and Russian"),
    ("Олександр Шевченко", "Aleksandr Shevchenko", "transliteration", "by way of Russian"),
    ("Олександр Шевченко", "Alexander Shevchenko", "transliteration", "English spelling"),
    ("Микола Бондар", "Nikolay Bondar", "transliteration", "another first letter"),
    ("Ганна Коваль", "Анна Коваль", "transliteration", "Ганна is Анна"),
    ("Дмитро Гончар", "Dmitry Gonchar", "transliteration", "г as g"),
    ("Євген Щербак", "Yevhenii Shcherbak", "transliteration", "a longer form of the name"),
    ("Юлія Ящук", "Iuliia Iashchuk", "transliteration", "ю, я, щ"),
    ("Тетяна Хмара", "Татьяна Хмара", "transliteration", "vowels"),
    ("Пилип Орлик", "Филипп Орлик", "transliteration", "п and ф"),
    ("Наталія Жук", "Natalya Zhuk", "transliteration", "ending"),
    (
        "Шевченко Олександр Миколайович",
        "Shevchenko Aleksandr Nikolaevich",
        "transliteration",
        "patronymics of one name",
    ),
    ("Марія Ковальська", "Maria Kovalskyi", "transliteration", "a woman's surname, a man's form"),
    ("Анна Петрова", "Anna Petrov", "transliteration", "the same with -ов"),
    ("Ольга Чорна", "Olga Chernaya", "transliteration", "adjective in Russian"),
    ("Семён Ковалёв", "Семен Ковальов", "transliteration", "ё"),
    ("Алієв Расім Гасан огли", "Aliyev Rasim", "transliteration", "a Turkic patronymic"),
    ("Шевченко Олександр", "Шевченко", "partial", "surname only"),
    ("Шевченко Олександр", "Олександр", "partial", "given name only"),
    ("Шевченко Олександр", "Шевченко О.", "partial", "an initial"),
    ("Шевченко Олександр", "О. Шевченко", "partial", "an initial first"),
    ("Шевченко Олександр", "Shevchenko A.", "partial", "О. and A. are both Олександр"),
    ("Шевченко Олександр Миколайович", "Шевченко О.М.", "partial", "two initials"),
    ("Шевченко Олександр Миколайович", "Shevchenko A. N.", "partial", "two initials, by Russian"),
    ("Юрій Коваль", "Коваль Yu.", "partial", "an initial of two letters"),
    ("Шевченко О.М.", "Шевченко О.", "partial", "initials on both sides"),
    ("Олександр Ш.", "Олександр Шевченко", "partial", "the surname's initial"),
    ("Марія Коваль-Шевченко", "Марія Шевченко", "partial", "half of a double surname"),
    ("John Smith", "John Michael Smith", "partial", "a middle name"),
]

AGREE += [
    ("Irene Mulyarnyak", "Мулярняк Ирина", "partial", "a name of the wide world beside ours"),
    ("ФО-П Гонтко М. В.", "Гонтко Микола Васильович", "partial", "a form of business, hyphened"),
    ("Якимко М.С.", "Якимко Михайло", "partial", "two initials: the word is the surname"),
    ("олена яцеківна", "Олена Новицька", "partial", "a patronymic of a rare father's name"),
    ("Садова Марина", "Марина Садовая", "transliteration", "a woman's surname in two languages"),
    ("Cтeпaнoв C.Л.", "Сергей Львович Степанов", "partial", "an initial in Latin lookalikes"),
    ("пан Гармашов Л.", "Гармашов Лука Никитич", "partial", "a form of address"),
    ("г-н Станіслав Янкевич", "Янкевич Станіслав Анатолійович", "same", "as above, hyphened"),
    ("Дмитрий Абрамович", "Дмитро Мойсейович Абрамович", "transliteration", "no patronymic"),
    ("ЛЕВИН В.", "Левин Вадим", "partial", "a surname that is near to a given name"),
    ("Геня Ніколаєва", "Є. Г. Ніколаєва", "partial", "the initial of a familiar form's name"),
]

DIFFER = [
    ("Шевченко Олександр", "Шевченко Марія", "a relative: same surname"),
    ("Шевченко Олександр", "Шевченко Олександра", "brother and sister"),
    ("Шевченко Олександр", "Oleksandra Shevchenko", "the same, in Latin"),
    ("Петров Иван", "Петрова Анна", "husband and wife"),
    ("Шевченко Петро Іванович", "Шевченко Іван Петрович", "father and son"),
    ("Шевченко Іван Петрович", "Шевченко Іван Іванович", "father and son of one given name"),
    ("Шевченко Іван Петрович", "Шевченко Іван М.", "another patronymic's initial"),
    ("Шевченко Іван Петрович", "Шевченко І. М.", "the same with both initials"),
    ("Шевченко І.П.", "Шевченко І.М.", "initials of two patronymics"),
    ("Коваль Анна", "Коваль Інна", "near given names"),
    ("Коваль Олена", "Коваль Аліна", "given names of one skeleton"),
    ("Коваль Олена", "Коваль Альона", "legally two names"),
    ("Коваль Юрій", "Коваль Георгій", "legally two names"),
    ("Коваль Данило", "Коваль Діана", "given names of one skeleton, partly"),
    ("Коваль Віктор", "Коваль Вікторія", "a man's name and a woman's"),
    ("Коваль Яна", "Коваль Анна", "я is not а"),
    ("Шевченко М.", "Шевченко Олександр", "another initial"),
    ("Шевченко М.", "Шевченко О.", "two initials of no one name"),
    ("Шевченко Олександр", "Коваль Марія", "another person"),
    ("Шевченко", "Коваль", "another surname"),
    ("Марія", "Олександр", "another given name"),
    ("Марія", "Шевченко Олександр", "another given name, without a surname"),
    ("Коваль", "Шевченко Олександр", "another surname, without a given name"),
    ("Ромуальд Шевченко", "Ромуальда Шевченко", "unknown names of a man and a woman"),
    ("Роман Мартин", "Роман Шевченко", "it cannot be told which word is the given name"),
    ("Aaa Bbb", "Aaa Ccc", "nothing is known of any word"),
]

DOUBT = [
    # familiar forms and slips: the issue on resolution made them doubt, where they were contradictions
    ("Саша Шевченко", "Олександр Шевченко", "a familiar form"),
    ("Саша Шевченко", "Шевченко Олександра Іванівна", "the same, of a woman's name"),
    ("Шура Коваль", "Саша Коваль", "two familiar forms of one name"),
    ("Zhenya Bondar", "Бондар Євгенія", "a familiar form in Latin"),
    ("Таня Гончар", "Татьяна Гончар", "a familiar form, by way of Russian"),
    ("Michael Bondar", "Бондар Михайло", "a name that only translates"),
    ("Олексанрд Шевченко", "Олександр Шевчено", "slips in both words"),
    ("Олена Шевченко", "Олена Шевченео", "a key beside"),
    ("Сильвестр Коваль", "Сильвестп Коваль", "a slip in a given name that is not in the table"),
    ("Марія Перепелиця", "Марія Перепеиця", "a letter left out"),
]

DOUBT += [("Фомушка Бондаренко", "Бондаренко Хома", "a familiar form that is not listed")]

#: Words that no table knows, near to what they would be: another name or a slip, nobody can tell.
UNSURE = [
    ("Гарбишин Д. Н.", "гарбишин тенис", "a slip in the first letter"),
    ("Андрієнко Надія Анонівна", "Надежда Антоновна Андриенко", "a slip in the patronymic"),
    ("Лелекуха Лука", "Луко Лелекуха", "a vowel"),
    ("Улчша Мельник", "Мельник Уляна", "a slip in a short form"),
    ("Ярослав Воронін", "ЯР ВОРОНИН", "the beginning of a given name"),
    (
        "Леонід Мельник",
        "Lonka Melnyk",
        "a short form that no table has, a letter from one that it has",
    ),
    ("Фаїнп Фішман", "Фаїна Кузьмівна", "a slip, and no surname to compare"),
]

SURNAME_CHANGED = [
    ("Олена Коваль", "Олена Шевченко", "marriage"),
    ("Коваль Олена Іванівна", "Шевченко Олена Іванівна", "marriage, with patronymics"),
    ("Олена Коваль", "Elena Shevchenko", "marriage, by way of Russian"),
    ("Олена Шевченко", "Олена Шевченков", "another surname of one root"),
    ("Олена К.", "Олена Шевченко", "only the initial of another surname"),
]

NOTHING_TO_COMPARE = [
    ("Олександр", "Шевченко", "a given name and a surname"),
    ("О. Ш.", "Олександр Шевченко", "initials alone"),
    ("", "Олександр Шевченко", "nothing"),
    ("...", "Олександр Шевченко", "no letters"),
]


@pytest.mark.parametrize(("one", "other", "how", "why"), AGREE)
def test_names_that_agree(one: str, other: str, how: str, why: str) -> None:
    found = compare(one, other)
    assert found is not None
    assert (found.how, found.firm) == (how, True), why
    # A part alone says little of who it is; the score says so, and the word does not.
    assert how == "partial" or found.score >= 0.8, why


@pytest.mark.parametrize(("one", "other", "why"), DIFFER)
def test_names_of_two_persons(one: str, other: str, why: str) -> None:
    found = compare(one, other)
    assert found is not None
    assert (found.how, found.firm) == ("differs", True), why
    assert found.similarity <= 0.5, why


@pytest.mark.parametrize(("one", "other", "why"), DOUBT)
def test_familiar_forms_and_slips_are_doubt_and_no_contradiction(
    one: str, other: str, why: str
) -> None:
    found = compare(one, other)
    assert found is not None
    assert (found.how, found.firm) == ("partial", False), why
    assert found.score > 0.5, why


@pytest.mark.parametrize(("one", "other", "why"), UNSURE)
def test_what_no_table_knows_does_not_contradict(one: str, other: str, why: str) -> None:
    for left, right in ((one, other), (other, one)):
        found = compare(left, right)
        assert found is not None
        assert (found.how, found.firm) == ("differs", False), why


@pytest.mark.parametrize(("one", "other", "why"), SURNAME_CHANGED)
def test_another_surname_is_no_contradiction_and_no_agreement(
    one: str, other: str, why: str
) -> None:
    found = compare(one, other)
    assert found is not None
    assert (found.how, found.firm) == ("partial", False), why


@pytest.mark.parametrize(("one", "other", "why"), NOTHING_TO_COMPARE)
def test_nothing_to_compare(one: str, other: str, why: str) -> None:
    assert compare(one, other) is None, why


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Олександр Шевченко", "Shevchenko Oleksandr"),
        ("Щербак Юрій", "Yurii Shcherbak"),
        ("Гончар Ольга Ігорівна", "Olha Ihorivna Honchar"),
        ("Нечуй-Левицький Іван", "Ivan Nechui-Levytskyi"),
    ],
)
def test_romanisations_are_one_spelling(one: str, other: str) -> None:
    left, right = names.prepare(one), names.prepare(other)
    assert {word.code for word in left.core} == {word.code for word in right.core}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Олександр Шевченко", "Alexander Shevchenko"),
        ("Микола Бондар", "Бондарь Николай Иванович"),
        ("Марія Ковальська", "Maria Kovalskyi"),
        ("Тетяна Коваль", "Tatiana Koval"),
    ],
)
def test_spellings_of_one_full_name_are_searched_alike(one: str, other: str) -> None:
    assert names.prepare(one).skeletons == names.prepare(other).skeletons != ()


@pytest.mark.parametrize(
    ("written", "skeletons", "groups", "surname", "why"),
    [
        ("Шевченко Олександр", ("oleksandr", "wvcnk"), {"oleksandr"}, "wvcnk", "a full name"),
        ("Шевченко Саша", ("sw", "wvcnk"), {"oleksandr", "oleksandra"}, "wvcnk", "either of two"),
        ("Коваль Толя", ("anatoli", "kvl"), {"anatoli"}, "kvl", "a familiar form of one name"),
        ("Ковальська Марія", ("kvlsk", "maria"), {"maria"}, "kvlsk", "a woman's ending"),
        ("Шевченко О. П.", ("wvcnk",), set(), "wvcnk", "a surname and initials"),
        ("Роман Мартин", ("martin", "roman"), {"martin", "roman"}, None, "two given names"),
        ("Zyx Abc", ("bk", "zks"), set(), None, "nothing known"),
        ("", (), set(), None, "nothing"),
    ],
)
def test_what_a_name_is_searched_by(
    written: str, skeletons: tuple[str, ...], groups: set[str], surname: str | None, why: str
) -> None:
    name = names.prepare(written)
    assert name.skeletons == skeletons, why
    assert groups <= name.given_groups, why
    assert bool(name.given_groups) == bool(groups), why
    assert name.surname_skeleton == surname, why


@pytest.mark.parametrize(
    ("written", "given", "patronymic", "initials", "why"),
    [
        ("Шевченко Олександр Петрович", "олександр", "петрович", "", "the usual order"),
        ("Олександр Петрович Шевченко", "олександр", "петрович", "", "given name first"),
        ("Петрович Петро Петрович", "петро", "петрович", "", "everything from one name"),
        ("Олександр Петрович", "олександр", "петрович", "", "no surname"),
        ("Петрович Олександр", "олександр", None, "", "a surname first"),
        ("Коваль Ольга Іллівна", "ольга", "іллівна", "", "a short stem"),
        ("Коваль Ілля Ілліч", "ілля", "ілліч", "", "a short suffix"),
        ("Бабич Ірина", "ірина", None, "", "a surname with the short suffix"),
        ("Shevchenko Olena Andriivna", "olena", "andriivna", "", "Latin"),
        ("Шевченко О. П.", None, None, "оп", "initials"),
        ("О.П.Шевченко", None, None, "оп", "initials without blanks"),
    ],
)
def test_parts(
    written: str, given: str | None, patronymic: str | None, initials: str, why: str
) -> None:
    parts = name_parts.split(written)
    assert (parts.given.clean if parts.given else None) == given, why
    assert (parts.patronymic.clean if parts.patronymic else None) == patronymic, why
    assert "".join(initial.clean for initial in parts.initials) == initials, why


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Миколайович", "Николаевич", True),
        ("Миколаївна", "Миколайович", True),
        ("Григорович", "Григорьевич", True),
        ("Якович", "Яковлевич", True),
        ("Васильович", "Vasylovych", True),
        ("Дмитрович", "Дмитриевна", True),
        ("Львович", "Lvivna", True),
        ("Олексійович", "Алексеевич", True),
        ("Сергійович", "Sergeevich", True),
        ("Петрович", "Павлович", False),
        ("Андрійович", "Антонович", False),
    ],
)
def test_patronymics(one: str, other: str, *, expected: bool) -> None:
    assert (
        agree_fathers(*(name_words.father(name_words.word(w.casefold())) for w in (one, other)))
        <= AGREES
    ) is expected


def test_each_spelling_in_the_table_is_one_given_name() -> None:
    rows = given_names.rows()
    for forms, _ in rows:
        groups = {given_names.legal(romanise.codes(form)) for form in forms}
        assert len(groups) == 1, forms
        assert len(groups.pop()) == 1, forms
    assert len({romanise.codes(forms[0]) for forms, _ in rows}) == len(rows)


@pytest.mark.parametrize(
    ("written", "expected", "why"),
    [
        ("  Олександр   Шевченко ", "Олександр Шевченко", "blanks"),
        ("Дем’ян", "Дем'ян", "one kind of apostrophe"),
        ("Дем´ян", "Дем'ян", "an accent for an apostrophe"),
        ("Нечуй–Левицький", "Нечуй-Левицький", "one kind of hyphen"),
        ("Шевченко, Олександр", "Шевченко Олександр", "comma"),
        ("Шевченко О. П.", "Шевченко О. П.", "dots"),
        ("José Núñez", "José Núñez", "marks"),
        ("Ｏｌｅｎａ", "Olena", "full-width letters"),
        ("李小龍", "李小龍", "other scripts"),
        ("Олена\u200b Коваль\u2066", "Олена Коваль", "invisible characters of pasting"),
        ("Олена\nКоваль", "Олена Коваль", "a line break"),
        ('Дем"ян Бойко', "Дем'ян Бойко", "a quotation mark for the apostrophe"),
        ("Дем“ян Бойко", "Дем'ян Бойко", "a curly one"),
        ("Дем&#039;ян Бойко", "Дем'ян Бойко", "an HTML entity"),
        ("Наталя&nbsp;Жук", "Наталя Жук", "a blank as an entity"),
        ("Мар яна Коваль", "Мар'яна Коваль", "a blank for the apostrophe"),
        ("МАР ЯНА", "МАР'ЯНА", "in capitals"),
        ("MAR YANA", "MARYANA", "in Latin letters"),
        ("В ячеслав Коваль", "В'ячеслав Коваль", "after one letter"),
        ("Коваль Яна", "Коваль Яна", "two words that are names by themselves"),
    ],
)
def test_a_name_is_tidied(written: str, expected: str, why: str) -> None:
    assert names.normalise(written) == expected, why


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "empty"),
        ("О", "one letter"),
        ("О.", "one letter"),
        ("--", "no letters"),
        ("Олександр1", "digit"),
        ("Олександр²", "digit in another form"),
        ("Олександр_Шевченко", "underscore"),
        ("<b>Олександр</b>", "markup"),
        ("Олександр\u202eШевченко", "right-to-left override"),
        ("Олександр\u0000", "NUL"),
        ("Олександр😀", "emoji"),
        ("О\u0301\u0301\u0301\u0301лена", "stacked marks"),
        ("Олександр " * 20, "too long"),
        ("ﷺ" * 20, "too long when unfolded"),
        ("olha@example.com", "an address"),
    ],
)
def test_a_name_is_refused(written: str, why: str) -> None:
    detail = refusal(lambda: names.normalise(written))
    assert len(written) < 3 or written not in detail, why


@given(person_names(), person_names())
@example("Олександр Коваль Марія", "Марія Коваль Олександр Петрович")
@example("О. Роман", "Роман О. П.")
def test_comparing_has_no_direction_and_no_order(one: str, other: str) -> None:
    assert compare(one, other) == compare(other, one)
    found = compare(one, other)
    assert found is None or 0 <= found.score <= 1


@given(person_names())
def test_a_name_agrees_with_itself(name: str) -> None:
    found = compare(name, name)
    assert found is None or found.how in ("same", "partial")
    assert found is None or found.firm


@given(person_names() | near_misses)
@example("огли огли Олександр")
@example("A-0")
@example("аа ФОП")
def test_only_refusals_escape_and_the_normal_form_is_prepared_alike(text: str) -> None:
    compare(text, "Олександр Шевченко")
    tidy = read_or_none(lambda: names.normalise(text))
    if tidy is not None:
        assert names.normalise(tidy) == tidy
        assert names.prepare(tidy).skeletons == names.prepare(text).skeletons
        assert names.prepare(tidy).given_groups == names.prepare(text).given_groups
