"""The lookup path: a record is opened only for who compares with it; processes hear of a change of keys at once."""

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

# What waits is asked in three steps: the standings under the index values, then (here further checks find their
# place: they know what was found and nothing is spent yet) the budgets. Facts outside their time, and those of
# businesses that are not verified now, are left out: a suspended business's reports vanish at once, without touching
# a standing. `shift` moves the clock of tests and of seeded data; budgets go by the database's own.
# `places` says for each fact by which of the values `asked` (1, 2, ...) it was found, `held` whether the record behind
# it holds that value itself. `compared` says for which of the values the query has more to compare, a name or a date:
# only for these, and for facts with the person's own words, the sealed record comes along.
_ASK = """
CREATE FUNCTION registry_ask(
    asked bytea[], compared boolean[], businesses uuid[], shift interval,
    names text[], holders int[], quotas int[], seconds int[], costs int[],
    OUT moment timestamptz, OUT places int[], OUT identities uuid[], OUT held boolean[], OUT facts text[],
    OUT records uuid[], OUT data_keys uuid[], OUT sealed bytea[], OUT wrapped bytea[], OUT versions smallint[],
    OUT with_terms uuid[], OUT terms text[],
    OUT admitted int[], OUT waits double precision[], OUT remaining int[], OUT resets double precision[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    opened uuid[];
BEGIN
    moment := clock_timestamp() + shift;
    SELECT array_agg(place), array_agg(identity_id), array_agg(held), array_agg(fact::text),
           array_agg(record) FILTER (WHERE compared[place] OR fact->>'reply' IS NOT NULL)
    INTO places, identities, held, facts, opened
    FROM (
        SELECT array_position(asked, s.index_value) AS place, s.identity_id, r.record,
               f || jsonb_build_object('source', b.source_id) AS fact,
               EXISTS (
                   SELECT FROM record_identifiers i
                   WHERE i.record_id = r.record AND i.index_value = s.index_value AND i.valid_until IS NULL
               ) AS held
        FROM standings s
        CROSS JOIN LATERAL jsonb_array_elements(s.facts) AS f
        CROSS JOIN LATERAL (SELECT (f->>'record')::uuid AS record) AS r
        JOIN businesses b ON b.id = (f->>'business')::uuid AND b.state = 'verified'
        WHERE s.index_value = ANY (asked)
          AND (f->>'since')::timestamptz <= moment AND (f->>'until')::timestamptz > moment
    ) AS shown;

    IF opened IS NOT NULL THEN
        SELECT array_agg(r.id), array_agg(r.data_key_id), array_agg(r.sealed), array_agg(k.wrapped),
               array_agg(k.kek_version)
        INTO records, data_keys, sealed, wrapped, versions
        FROM records r JOIN data_keys k ON k.id = r.data_key_id
        WHERE r.id = ANY (opened);
    END IF;
    IF places IS NOT NULL THEN
        SELECT array_agg(t.business_id), array_agg(t.rules::text) INTO with_terms, terms
        FROM terms t WHERE t.business_id = ANY (businesses);
    END IF;

    SELECT s.admitted, s.waits, s.remaining, s.resets INTO admitted, waits, remaining, resets
    FROM registry_spend(names, holders, quotas, seconds, costs) AS s;
END $$
"""
_SIGNATURE = (
    "registry_ask(bytea[], boolean[], uuid[], interval, text[], int[], int[], int[], int[])"
)
_BEFORE = "registry_ask(bytea[], uuid[], interval, text[], int[], int[], int[], int[])"

# Every process remembers keys for seconds (`platform.recent`); a message lets it forget them within a moment.
_TELL = """
CREATE FUNCTION registry_tell_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('registry_keys', '');
    RETURN NULL;
END $$
"""
#: Where a key, or what it may do, ends or changes.
TOLD = {
    "api_keys": "revoked_at, expires_at, scopes, networks",
    "staff_keys": "revoked_at",
    "businesses": "state, plan",
}


def upgrade() -> None:
    op.execute("SET LOCAL ROLE registry_definer")
    op.execute(f"DROP FUNCTION {_BEFORE}")
    op.execute("RESET ROLE")
    op.execute("GRANT SELECT ON record_identifiers TO registry_definer")
    op.execute(
        "CREATE POLICY lookup_path ON record_identifiers TO registry_definer USING (true) WITH CHECK (true)"
    )
    op.execute("GRANT CREATE ON SCHEMA public TO registry_definer")
    op.execute(_ASK)
    # Before the owner changes: what is not one's own one cannot grant or revoke, and PostgreSQL only warns.
    op.execute(f"REVOKE ALL ON FUNCTION {_SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_SIGNATURE} TO registry_lookup")
    op.execute(f"ALTER FUNCTION {_SIGNATURE} OWNER TO registry_definer")
    op.execute("REVOKE CREATE ON SCHEMA public FROM registry_definer")
    # Ciphertext does not compress, and a row that fits into its page needs no second one.
    op.execute("ALTER TABLE lookups ALTER COLUMN sealed SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE lookups SET (toast_tuple_target = 8160)")
    op.execute(_TELL)
    op.execute("REVOKE ALL ON FUNCTION registry_tell_keys() FROM PUBLIC")
    for table, columns in TOLD.items():
        op.execute(
            f"CREATE TRIGGER tell_keys AFTER UPDATE OF {columns} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION registry_tell_keys()"
        )
