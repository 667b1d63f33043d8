"""The batched lookup path: one statement asks for every request that waits, one keeps what was answered.

`registry_lookup` may execute three functions and nothing else. They run with the rights of `registry_definer`, take
businesses as arguments and never read `registry.business_id`. Two statements and not one, because a receipt holds the
answer, sealed under a key that the database never sees: it can't be written by the statement that reads the facts.
Budgets commit with the first, which writes to an unlogged table and so waits for no disk; no process holds another's
budget while it waits for its own records.
"""

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

# GCRA (generic cell rate algorithm, ITU-T I.371), exact across processes, for many holders at once. `holders` says to
# which holder (1, 2, ...) each bucket belongs, `costs` how many cells each holder asks for: of these as many are
# admitted as fit in every bucket of the holder. A bucket of `quota` cells per `seconds` lets `quota` through at once
# and then one every seconds/quota. Where every cost is nought it only reads. `remaining` and `resets` are by bucket,
# `admitted` and `waits` by holder. A bucket may be named once only.
_SPEND = """
CREATE FUNCTION registry_spend(
    names text[], holders int[], quotas int[], seconds int[], costs int[],
    OUT moment timestamptz, OUT admitted int[], OUT waits double precision[],
    OUT remaining int[], OUT resets double precision[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF 0 < ANY (costs) THEN
        -- Everybody makes and locks buckets in the order of their names, so that nobody waits in a circle.
        INSERT INTO buckets (name, arrival)
        SELECT wanted, '-infinity' FROM unnest(names) AS wanted
        WHERE NOT EXISTS (SELECT FROM buckets b WHERE b.name = wanted)
        ORDER BY wanted
        ON CONFLICT DO NOTHING;
        PERFORM 1 FROM buckets b WHERE b.name = ANY (names) ORDER BY b.name FOR UPDATE;
    END IF;
    -- Read after the rows are locked: whoever waited must not count with the time before the wait.
    moment := clock_timestamp();
    WITH bucket AS (
        SELECT w.place, w.name, w.holder, w.span, w.span::float8 / w.quota AS step,
               greatest(b.arrival, moment) AS arrival
        FROM unnest(names, holders, quotas, seconds) WITH ORDINALITY AS w (name, holder, quota, span, place)
        LEFT JOIN buckets b ON b.name = w.name
    ), granted AS (
        SELECT holder, greatest(0, least(
            costs[holder], min(floor(extract(epoch FROM moment - arrival + make_interval(secs => span)) / step + 1e-6))
        ))::int AS cells
        FROM bucket GROUP BY holder
    ), spent AS (
        SELECT bucket.*, granted.cells, arrival + make_interval(secs => granted.cells * step) AS due
        FROM bucket JOIN granted USING (holder)
    ), written AS (
        UPDATE buckets b SET arrival = spent.due FROM spent WHERE b.name = spent.name AND spent.cells > 0
    ), told AS (
        SELECT place, holder, cells, extract(epoch FROM due - moment)::float8 AS reset,
               floor((span - extract(epoch FROM due - moment)) / step + 1e-6)::int AS room,
               extract(epoch FROM due - moment)::float8 + step - span AS wait
        FROM spent
    ), by_holder AS (
        SELECT holder, min(cells) AS cells, max(CASE WHEN room < 1 THEN wait ELSE 0 END) AS wait
        FROM told GROUP BY holder
    )
    SELECT (SELECT array_agg(cells ORDER BY holder) FROM by_holder),
           (SELECT array_agg(wait ORDER BY holder) FROM by_holder),
           (SELECT array_agg(greatest(room, 0) ORDER BY place) FROM told),
           (SELECT array_agg(reset ORDER BY place) FROM told)
    INTO admitted, waits, remaining, resets;
END $$
"""

# What waits is asked in three steps: the standings under the index values, then (here further checks find their
# place: they know what was found and nothing is spent yet) the budgets. Facts outside their time, and those of
# businesses that are not verified now, are left out: a suspended business's reports vanish at once, without touching
# a standing. `shift` moves the clock of tests and of seeded data; budgets go by the database's own.
# `places` says for each fact by which of the values `asked` (1, 2, ...) it was found.
_ASK = """
CREATE FUNCTION registry_ask(
    asked bytea[], businesses uuid[], shift interval,
    names text[], holders int[], quotas int[], seconds int[], costs int[],
    OUT moment timestamptz, OUT places int[], OUT identities uuid[], OUT records_of uuid[], OUT facts text[],
    OUT records uuid[], OUT data_keys uuid[], OUT sealed bytea[], OUT wrapped bytea[], OUT versions smallint[],
    OUT with_terms uuid[], OUT terms text[],
    OUT admitted int[], OUT waits double precision[], OUT remaining int[], OUT resets double precision[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    moment := clock_timestamp() + shift;
    SELECT array_agg(array_position(asked, s.index_value)), array_agg(s.identity_id),
           array_agg((f || jsonb_build_object('source', b.source_id))::text), array_agg((f->>'record')::uuid)
    INTO places, identities, facts, records_of
    FROM standings s
    CROSS JOIN LATERAL jsonb_array_elements(s.facts) AS f
    JOIN businesses b ON b.id = (f->>'business')::uuid AND b.state = 'verified'
    WHERE s.index_value = ANY (asked)
      AND (f->>'since')::timestamptz <= moment AND (f->>'until')::timestamptz > moment;

    IF records_of IS NOT NULL THEN
        SELECT array_agg(r.id), array_agg(r.data_key_id), array_agg(r.sealed), array_agg(k.wrapped),
               array_agg(k.kek_version)
        INTO records, data_keys, sealed, wrapped, versions
        FROM records r JOIN data_keys k ON k.id = r.data_key_id
        WHERE r.id = ANY (records_of);
        SELECT array_agg(t.business_id), array_agg(t.rules::text) INTO with_terms, terms
        FROM terms t WHERE t.business_id = ANY (businesses);
    END IF;

    SELECT s.admitted, s.waits, s.remaining, s.resets INTO admitted, waits, remaining, resets
    FROM registry_spend(names, holders, quotas, seconds, costs) AS s;
END $$
"""

# Everything at once; when that fails, request by request, so that the fault of one (an idempotency key that another
# process used first) costs nobody else. The rows of one request are kept together or not at all. Returned are the
# requests that were not kept, and why (SQLSTATE). In the order of the idempotency keys, which are unique: two
# processes that keep the same ones do not wait in a circle.
_KEEP = """
CREATE FUNCTION registry_keep(
    requests int[], ids uuid[], businesses uuid[], keys uuid[], moments timestamptz[], purposes text[], results text[],
    shown text[], sealed bytea[], digests bytea[], idempotency bytea[], fingerprints bytea[]
) RETURNS TABLE (request int, fault text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    alone int;
BEGIN
    FOREACH alone IN ARRAY array_prepend(NULL::int, ARRAY(SELECT DISTINCT r FROM unnest(requests) AS r ORDER BY r)) LOOP
        BEGIN
            WITH kept AS MATERIALIZED (
                SELECT * FROM unnest(
                    requests, ids, businesses, keys, moments, purposes, results, shown, sealed, digests, idempotency,
                    fingerprints
                ) AS k (request, id, business, key, at, purpose, result, shown, sealed, digest, idempotency,
                        fingerprint)
                WHERE alone IS NULL OR k.request = alone
            ), answered AS (
                INSERT INTO lookups (id, business_id, key_id, at, purpose, result, report_ids, sealed, digest,
                                     idempotency, fingerprint)
                SELECT id, business, key, at, purpose, result, shown::uuid[], sealed, digest, idempotency, fingerprint
                FROM kept ORDER BY idempotency, id
            )
            INSERT INTO audit_entries (id, at, clock_at, actor_kind, actor_id, business_id, action, object_kind,
                                       object_id, details)
            SELECT id, clock_timestamp(), at, 'business', key, business, 'lookup.answered', 'lookup',
                   id, jsonb_build_object('result', result, 'reports', cardinality(shown::uuid[]))
            FROM kept;
            EXIT WHEN alone IS NULL;
        EXCEPTION WHEN OTHERS THEN
            IF alone IS NOT NULL THEN
                request := alone;
                fault := SQLSTATE;
                RETURN NEXT;
            END IF;
        END;
    END LOOP;
END $$
"""

FUNCTIONS = {
    "registry_spend(text[], int[], int[], int[], int[])": _SPEND,
    "registry_ask(bytea[], uuid[], interval, text[], int[], int[], int[], int[])": _ASK,
    (
        "registry_keep(int[], uuid[], uuid[], uuid[], timestamptz[], text[], text[], text[], bytea[], bytea[],"
        " bytea[], bytea[])"
    ): _KEEP,
}
REPLACED = (
    "registry_spend(text[], int[], int[], int)",
    "registry_standings(bytea[], timestamptz)",
    "registry_records(uuid[])",
    "registry_terms(uuid)",
    "registry_keep_lookup(uuid, uuid, uuid, timestamptz, text, text, uuid[], bytea, bytea, bytea, bytea)",
)


def upgrade() -> None:
    # They belong to `registry_definer`: only its members drop them.
    op.execute("SET LOCAL ROLE registry_definer")
    for signature in REPLACED:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("RESET ROLE")
    op.execute("GRANT CREATE ON SCHEMA public TO registry_definer")
    for signature, body in FUNCTIONS.items():
        op.execute(body)
        # Before the owner changes: what is not one's own one cannot grant or revoke, and PostgreSQL only warns.
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO registry_lookup")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO registry_definer")
    op.execute("REVOKE CREATE ON SCHEMA public FROM registry_definer")
