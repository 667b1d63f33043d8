"""Is this the same party? Everything that answers that, and nothing that stores or asks.

Pure code: a value goes in as a person typed it, its one normal form comes out, and two parties are
compared field by field. No clock, no randomness, no database, no web. One file per kind of value;
each has `normalise`, and raises `errors.Unreadable` for what cannot be read.

Reading order: `errors`, `writing`, `country`; the kinds of value (`phone`, `email`, `codes`, `tax_id`,
`company_code`, `handle`, `dates`, `place`); names (`romanise`, `given_names`, `name_words`,
`name_parts`, `names`, `company`); then `party`, `subject`, `fingerprints`, `compare`.
"""
