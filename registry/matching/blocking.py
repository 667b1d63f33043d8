"""What a party is searched by: the texts from which keyed tokens are made.

Lives here: which combinations of fields make two parties a candidate pair. Not here: the keys and the
16 bytes that are kept (`fingerprints`), how many holders a token may have, or the comparison itself.

Strong identifiers find by themselves. Names find only in company: with the birth date, the town, or
each other; a single word of a name only while few have it, which is the store's to count. A birth date finds
only with a letter of the name, or with the town: a name that was misread altogether leaves nothing else.
"""

from collections.abc import Iterator
from itertools import combinations

from registry.matching.names import Name
from registry.matching.party import Subject, strong_values
from registry.matching.profile import Profile, profile

#: Kinds that lookups may ask by, beside the strong ones.
ASKED = frozenset({"name_birth_date", "name_city"})
#: How many records may hold a token that is no strong identifier: more candidates would say nothing.
CAP = 50


def keys(subject: Subject, made: Profile | None = None) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of everything that the subject is found by, each once."""
    made = made or profile(subject)
    yield from strong_values(subject)
    for key, value in subject.untyped:
        yield "untyped", f"{key}={value}"
    yield from dict.fromkeys(_named(made))
    if made.city:
        for day in sorted(made.birth_dates):
            yield "city_birth_date", f"{made.city}|{day.isoformat()}"
    for address in subject.emails:
        local = address.partition("@")[0]
        if len(local) >= 7:
            yield "local_part", local


def _named(made: Profile) -> Iterator[tuple[str, str]]:
    for name in made.names:
        words = name.skeletons
        for day in sorted(made.birth_dates):
            for letter in sorted({word[0] for word in words if word}):
                yield "name_birth_date", f"{letter}|{day.isoformat()}"
        for word in words:
            if made.city:
                yield "name_city", f"{word}|{made.city}"
            yield "name_word", word
        yield from (("name_pair", pair) for pair in _pairs(name))
    if made.company:
        firm = " ".join(sorted(made.company))
        yield "company_name", firm
        if made.city:
            yield "name_city", f"{firm}|{made.city}"


def _pairs(name: Name) -> set[str]:
    """Two words of a name, in one order: surname and given name as a rule, whichever each is."""
    pairs = list(combinations(sorted(set(name.skeletons)), 2))
    if name.surname_skeleton:  # a short form may be of several given names
        sure = name.surname_skeleton
        pairs += [(min(sure, given), max(sure, given)) for given in name.given_groups]
    return {f"{one} {other}" for one, other in pairs}
