"""One Latin spelling for Ukrainian, Russian and romanised words.

Lives here: the repair of lookalike letters, the fold into codes, and likeness of two codes. Not
here: what a word means in a name (`name_parts`) or which given names are one (`given_names`).

The fold is coarse on purpose: it gives up whatever the national transliterations disagree about
(KMU-55 of 2010, the passport tables, GOST, BGN/PCGN, habit). г, ґ, х, g, h, kh are one; и, і, ї, й, ы, y, j
are one; ь, ъ and the apostrophe are nothing; doubled letters are single.

A code has one Latin letter a sound: c = ч, w = ш and щ, j = ж, q = ц, g = г and х. `spelled` writes
codes out in plain letters, and codes(spelled(c)) == c.
"""

import re
import unicodedata

from rapidfuzz.distance import JaroWinkler


def _table(pairs: str) -> dict[str, str]:
    """Answer what "a=b c=d" says: one spelling and what becomes of it."""
    return dict(pair.split("=") for pair in pairs.split())


#: Cyrillic letters as spelled Latin, before the digraphs of either are folded.
_CYRILLIC = _table(
    "а=a б=b в=v г=g ґ=g д=d е=e є=e ё=e э=e ж=zh з=z и=i і=i ї=i й=i ы=i к=k л=l м=m н=n о=o п=p"
    " р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ю=iu я=ia ь= ъ="
    " ў=v ј=i ĸ=k љ=l њ=n ђ=d ћ=ch џ=dzh ѓ=g ќ=k ѕ=z ѣ=e ә=a ғ=g қ=k ң=n ө=o ү=u ұ=u һ=g"
)

#: Letters of the other alphabets of the region.
_OTHERS = _table(
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=t ι=i κ=k λ=l μ=m ν=n ξ=ks ο=o π=p ρ=r σ=s ς=s τ=t υ=u φ=f χ=kh ψ=ps ω=o"
    " ა=a ბ=b გ=g დ=d ე=e ვ=v ზ=z თ=t ი=i კ=k ლ=l მ=m ნ=n ო=o პ=p ჟ=zh რ=r ს=s ტ=t უ=u ფ=p ქ=k ღ=g ყ=k შ=sh"
    " ჩ=ch ც=ts ძ=dz წ=ts ჭ=ch ხ=kh ჯ=dzh ჰ=h"
    " ա=a բ=b գ=g դ=d ե=e զ=z է=e ը=e թ=t ժ=zh ի=i լ=l խ=kh ծ=ts կ=k հ=h ձ=dz ղ=g ճ=ch մ=m յ=i ն=n շ=sh ո=o"
    " չ=ch պ=p ջ=dzh ռ=r ս=s վ=v տ=t ր=r ց=ts ւ=u փ=p ք=k օ=o ֆ=f և=ev"
)

#: Latin letters that lose their sound if only their marks are dropped.
_LATIN = _table(
    "š=sh ş=sh ș=sh č=ch ć=ch ç=ch ž=zh ż=zh ł=l ø=o đ=d ð=d þ=t ß=s æ=e œ=e ı=i ə=a ŭ=v"
)
_SPELLING = str.maketrans({**_CYRILLIC, **_OTHERS, **_LATIN, "'": ""})

#: English spells one vowel with two letters.
_ENGLISH = re.compile(r"oo|ee(?=[bdklmprt]|$)")

#: Digraphs of all romanisations, and the letters that are left, in codes.
_DIGRAPHS = _table(
    "shch=w sch=w sh=w sz=w zh=j kh=g gh=g h=g tsh=tw szh=sj tzh=tj tch=c ch=c cz=c ts=q tz=q ph=f th=t ck=k"
    " x=ks q=k w=v y=i j=i c=k"
)
_DIGRAPH = re.compile("|".join(sorted(_DIGRAPHS, key=len, reverse=True)))

#: Clusters that two sounds make when they meet, and diphthongs that tables write in several ways.
_MERGED = _table("dz=d qc=c tc=c wc=w sc=w sz=w tz=q ts=q tq=q sw=w ie=e io=e iu=u")
_MERGE = re.compile("|".join(_MERGED))
#: Belarusian ў (Yauhen, Beliakou) and French ou.
_VOWEL_U = re.compile(r"(?<=[ae])u(?=[^aeiou]|$)|ou$|ou")
_DOUBLED = re.compile(r"(.)\1+")

_SPELLED = str.maketrans({"c": "ch", "w": "sh", "j": "zh", "q": "ts"})
_VOWELS = str.maketrans("", "", "aeiou")

#: Pairs of letters that look the same, Latin and Cyrillic, in either case.
_LOOKALIKES = dict(zip("ABCEHIKMOPTXYaceiopxyïëk", "АВСЕНІКМОРТХУасеіорхуїёк", strict=True))
_TO_CYRILLIC = str.maketrans(_LOOKALIKES)
_LATIN_LETTER = re.compile("[A-Za-zïë]")
_TO_LATIN = str.maketrans({cyrillic: latin for latin, cyrillic in _LOOKALIKES.items()})


def repaired(word: str) -> str:
    """Answer the word in one script: Latin letters inside a Cyrillic word, and the reverse, mended.

    A word that mixes letters without lookalikes stays as it is.
    """
    if word.isascii() or not _LATIN_LETTER.search(word):
        return word
    latin = {c for c in word if c.isascii() and c.isalpha()} | ({"ï", "ë"} & set(word))
    cyrillic = {c for c in word if "\u0400" <= c <= "\u052f"}
    if not latin or not cyrillic:
        return word
    to_cyrillic = latin <= _LOOKALIKES.keys()
    to_latin = all(ord(c) in _TO_LATIN for c in cyrillic)
    if to_cyrillic and to_latin:  # nothing tells them apart: the script that has more letters
        to_cyrillic = sum(c in cyrillic for c in word) * 2 >= len(word)
    if to_cyrillic:
        return word.translate(_TO_CYRILLIC)
    return word.translate(_TO_LATIN) if to_latin else word


def repaired_initial(letter: str) -> str:
    """Answer the Cyrillic letter that a Latin one beside Cyrillic words stands for, where one looks the same."""
    return letter.translate(_TO_CYRILLIC)


def codes(word: str) -> str:
    """Answer the codes of one word without blanks (see the charter); any case, any script."""
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word)
    spelled_word = repaired(word).casefold().replace("ьо", "io").translate(_SPELLING)
    if not spelled_word.isascii():
        marked = unicodedata.normalize("NFKD", spelled_word)
        spelled_word = "".join(c for c in marked if c.isalpha()).translate(_SPELLING)
    if word.isascii():
        spelled_word = _ENGLISH.sub(lambda found: "u" if found[0] == "oo" else "i", spelled_word)
    folded = _DIGRAPH.sub(lambda found: _DIGRAPHS[found[0]], spelled_word)
    while True:
        merged = _DOUBLED.sub(r"\1", _MERGE.sub(lambda found: _MERGED[found[0]], folded))
        if "u" in merged:
            merged = _VOWEL_U.sub(_without_u, merged)
        if merged == folded:
            return folded
        folded = merged


def _without_u(found: re.Match[str]) -> str:
    if found[0] == "u":
        return "v"
    return "ov" if found.end() == len(found.string) else "u"


def spelled(coded: str) -> str:
    """Answer codes written out in plain Latin letters."""
    return coded.translate(_SPELLED)


def skeleton(coded: str) -> str:
    """Answer the consonants: what every romanisation of a word keeps."""
    return coded.translate(_VOWELS)


def likeness(one: str, other: str) -> float:
    """Answer Jaro-Winkler similarity of two codes, 0 to 1, the same in both directions."""
    if one == other:
        return 1.0
    one, other = sorted((one, other))
    return float(JaroWinkler.similarity(one, other))
