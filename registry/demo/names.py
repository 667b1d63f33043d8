"""The words that invented names are made of: common ones, combined at random, in every script.

Lives here: the lists. Not here: who is called what (`people`). A line holds Ukrainian, Russian and Latin
of one word; where men and women are called differently, first his three and then hers.
"""

from typing import NamedTuple


class Word(NamedTuple):
    """One word of a name, or a town, in three ways of writing."""

    uk: str
    ru: str
    latin: str


def _words(lines: str) -> tuple[Word, ...]:
    """Read one word a line."""
    return tuple(Word(*line.split()) for line in lines.strip().splitlines())


def _couples(lines: str) -> tuple[tuple[Word, Word], ...]:
    """Read his and her form, one pair a line; three words mean that both are called alike."""
    pairs = []
    for line in lines.strip().splitlines():
        forms = line.split()
        pairs.append((Word(*forms[:3]), Word(*forms[-3:])))
    return tuple(pairs)


MEN = _words("""
Олександр Александр Oleksandr
Микола Николай Mykola
Андрій Андрей Andrii
Сергій Сергей Serhii
Володимир Владимир Volodymyr
Дмитро Дмитрий Dmytro
Ігор Игорь Ihor
Тарас Тарас Taras
Богдан Богдан Bohdan
Павло Павел Pavlo
Юрій Юрий Yurii
Максим Максим Maksym
Роман Роман Roman
Віктор Виктор Viktor
Олег Олег Oleh
Артем Артём Artem
Петро Пётр Petro
Михайло Михаил Mykhailo
Станіслав Станислав Stanislav
Василь Василий Vasyl
""")

WOMEN = _words("""
Олена Елена Olena
Наталія Наталья Nataliia
Ірина Ирина Iryna
Оксана Оксана Oksana
Тетяна Татьяна Tetiana
Юлія Юлия Yuliia
Марія Мария Mariia
Катерина Екатерина Kateryna
Світлана Светлана Svitlana
Людмила Людмила Liudmyla
Вікторія Виктория Viktoriia
Галина Галина Halyna
Софія София Sofiia
Дарина Дарья Daryna
Аліна Алина Alina
Лариса Лариса Larysa
""")

PATRONYMICS = _couples("""
Миколайович Николаевич Mykolaiovych Миколаївна Николаевна Mykolaivna
Олександрович Александрович Oleksandrovych Олександрівна Александровна Oleksandrivna
Іванович Иванович Ivanovych Іванівна Ивановна Ivanivna
Петрович Петрович Petrovych Петрівна Петровна Petrivna
Васильович Васильевич Vasylovych Василівна Васильевна Vasylivna
Сергійович Сергеевич Serhiiovych Сергіївна Сергеевна Serhiivna
Андрійович Андреевич Andriiovych Андріївна Андреевна Andriivna
Володимирович Владимирович Volodymyrovych Володимирівна Владимировна Volodymyrivna
Юрійович Юрьевич Yuriiovych Юріївна Юрьевна Yuriivna
Михайлович Михайлович Mykhailovych Михайлівна Михайловна Mykhailivna
Романович Романович Romanovych Романівна Романовна Romanivna
Вікторович Викторович Viktorovych Вікторівна Викторовна Viktorivna
""")

SURNAMES = _couples("""
Шевченко Шевченко Shevchenko
Бондаренко Бондаренко Bondarenko
Ткаченко Ткаченко Tkachenko
Кравченко Кравченко Kravchenko
Олійник Олейник Oliinyk
Лисенко Лысенко Lysenko
Марченко Марченко Marchenko
Савченко Савченко Savchenko
Руденко Руденко Rudenko
Мороз Мороз Moroz
Мельник Мельник Melnyk
Коваленко Коваленко Kovalenko
Бойко Бойко Boiko
Поліщук Полищук Polishchuk
Гончар Гончар Honchar
Кузьменко Кузьменко Kuzmenko
Клименко Клименко Klymenko
Павлюк Павлюк Pavliuk
Гриценко Гриценко Hrytsenko
Литвин Литвин Lytvyn
Сидоренко Сидоренко Sydorenko
Романюк Романюк Romaniuk
Гаврилюк Гаврилюк Havryliuk
Тимошенко Тимошенко Tymoshenko
Ковальський Ковальский Kovalskyi Ковальська Ковальская Kovalska
Левицький Левицкий Levytskyi Левицька Левицкая Levytska
Заболотний Заболотный Zabolotnyi Заболотна Заболотная Zabolotna
Вишневський Вишневский Vyshnevskyi Вишневська Вишневская Vyshnevska
Петров Петров Petrov Петрова Петрова Petrova
Соколов Соколов Sokolov Соколова Соколова Sokolova
Іванов Иванов Ivanov Іванова Иванова Ivanova
""")

#: Clients from elsewhere: no patronymic, one script.
FOREIGN_MEN = "Adam Jan Piotr Tomasz Lukas Thomas Martin Marek Felix Paul".split()
FOREIGN_WOMEN = "Anna Maria Julia Laura Eva Magda Sophie Clara".split()
FOREIGN_SURNAMES = "Nowak Kowalczyk Weber Schmidt Novak Horvat Silva Rossi Wagner Lis".split()

CITIES = _words("""
Київ Киев Kyiv
Львів Львов Lviv
Одеса Одесса Odesa
Харків Харьков Kharkiv
Дніпро Днепр Dnipro
Вінниця Винница Vinnytsia
Полтава Полтава Poltava
Чернігів Чернигов Chernihiv
Луцьк Луцк Lutsk
Ужгород Ужгород Uzhhorod
Житомир Житомир Zhytomyr
Тернопіль Тернополь Ternopil
""")

#: Invented companies are called by two of these.
COMPANY_FIRST = _words("""
Рожева Розовая Rozheva
Тиха Тихая Tykha
Зелена Зеленая Zelena
Срібна Серебряная Sribna
Кам'яна Каменная Kamiana
Сонячна Солнечная Soniachna
""")
COMPANY_SECOND = _words("""
Хмара Туча Khmara
Криниця Криница Krynytsia
Долина Долина Dolyna
Вежа Башня Vezha
Гавань Гавань Havan
""")
