"""Is this the same party? Everything that answers that, and nothing that stores or asks.

Pure code: a value goes in as a person typed it, its one normal form comes out, and two parties are
compared field by field. No clock, no randomness, no database, no web. One file per kind of value;
each has `normalise`, and raises `errors.Unreadable` for what cannot be read.

Reading order: `errors`, `writing`, `country`, `placeholders`; the kinds of value (`phone`, `email`, `codes`, `tax_id`,
`company_code`, `handle`, `dates`, `place`); names (`romanise`, `given_names`, `name_world`,
`name_spellings`, `name_words`, `name_grades`, `name_parts`, `name_align`, `name_score`, `names`,
`company`); then `party`, `subject`, `profile`; what is searched (`blocking`, `fingerprints`); what is held
of two records (`comparison`, `weights`, `estimation`, `decision`, `reasons`) and of many (`partition`);
and the stricter grade of a lookup (`compare`).
"""
