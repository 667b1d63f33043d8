"""Towns and addresses.

Lives here: tidying what is shown, and the fold under which Київ, Киев, Kyiv and Kiev are one town.
Not here: a gazetteer. The table holds the largest Ukrainian cities, because only their Ukrainian and
Russian names differ by more than spelling.
"""

import re
import unicodedata

from registry.matching import romanise
from registry.matching.errors import Unreadable
from registry.matching.writing import plain, unify, visible

#: One city a line: every name in use, Ukrainian, Russian, Latin, and names that were changed.
_CITIES = """
Київ Киев Kyiv Kiev
Харків Харьков Kharkiv Kharkov
Одеса Одесса Odesa Odessa
Дніпро Днепр Дніпропетровськ Днепропетровск Dnipro Dnepr Dnipropetrovsk
Донецьк Донецк Donetsk
Запоріжжя Запорожье Zaporizhzhia Zaporozhye Zaporizhia
Львів Львов Lviv Lvov Lwów Lemberg
Кривий+Ріг Кривой+Рог Kryvyi+Rih Krivoy+Rog
Миколаїв Николаев Mykolaiv Nikolaev
Маріуполь Мариуполь Mariupol
Луганськ Луганск Luhansk Lugansk
Вінниця Винница Vinnytsia Vinnitsa
Херсон Kherson
Полтава Poltava
Чернігів Чернигов Chernihiv Chernigov
Черкаси Черкассы Cherkasy Cherkassy
Хмельницький Хмельницкий Khmelnytskyi Khmelnitsky
Чернівці Черновцы Chernivtsi Chernovtsy
Житомир Zhytomyr Zhitomir
Суми Сумы Sumy
Рівне Ровно Rivne Rovno
Івано-Франківськ Ивано-Франковск Ivano-Frankivsk Ivano-Frankovsk Франківськ Франковск
Тернопіль Тернополь Ternopil Ternopol
Кам'янське Каменское Дніпродзержинськ Днепродзержинск Kamianske Kamenskoye
Кропивницький Кропивницкий Кіровоград Кировоград Kropyvnytskyi Kirovohrad Kirovograd
Луцьк Луцк Lutsk
Біла+Церква Белая+Церковь Bila+Tserkva Belaya+Tserkov
Ужгород Uzhhorod Uzhgorod
Мукачево Мукачеве Mukachevo Mukacheve
Кременчук Кременчуг Kremenchuk Kremenchug
Краматорськ Краматорск Kramatorsk
Слов'янськ Славянск Sloviansk Slavyansk
Бахмут Артемівськ Артемовск Bakhmut
Мелітополь Мелитополь Melitopol
Сєвєродонецьк Северодонецк Sievierodonetsk Severodonetsk
Сімферополь Симферополь Simferopol
Севастополь Sevastopol
Бровари Бровары Brovary
Ірпінь Ирпень Irpin
Кам'янець-Подільський Каменец-Подольский Kamianets-Podilskyi Kamenets-Podolsky
"""


def normalise(text: str) -> str:
    """Answer the town's name tidy, as it is shown; raise `Unreadable` for invisible characters."""
    name = plain(text, "The city", 100)
    if not any(c.isalpha() for c in name):
        raise Unreadable("The city has no letters.")
    return name


def address(text: str) -> str:
    """Answer the address tidy, as it is shown; raise `Unreadable` for invisible characters."""
    return visible(text, "The address", 300)


def fold_city(text: str) -> str:
    """Answer the form that all spellings of one town share ("kiv"); empty when there is none."""
    name = unicodedata.normalize("NFKC", unify(text)).partition(",")[0].replace("'", "")
    words = list(filter(None, map(_folded, re.findall(r"[^\W\d_]+", name))))
    words = [word for word in words if word not in _KINDS] or words
    folded = " ".join(words)
    return _CANONICAL.get(folded, folded)


def _folded(word: str) -> str:
    return romanise.spelled(romanise.codes(word))


def _canonical() -> dict[str, str]:
    """Answer each folded name of the table with the fold of its line's first name."""
    table: dict[str, str] = {}
    for line in _CITIES.split("\n"):
        names = [fold_city(name.replace("+", " ")) for name in line.split()]
        table |= dict.fromkeys(names, names[0] if names else "")
    return table


#: What a settlement is, written before or after its name, folded.
_KINDS = frozenset(
    _folded(word) for word in "місто м город г гор село с смт пгт селище поселок city town".split()
)
_CANONICAL: dict[str, str] = {}
_CANONICAL |= _canonical()
