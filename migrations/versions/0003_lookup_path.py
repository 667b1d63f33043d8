"""The lookup path: five functions that `registry_lookup` may execute, and nothing else.

They run with the rights of `registry_definer`, take the business as an argument and never read
`registry.business_id`.
"""

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

# GCRA (generic cell rate algorithm, ITU-T I.371) over several buckets at once, exact across processes:
# the rows are locked in the order given, so callers name the widest bucket first. Of `cost` cells as many
# are admitted as fit in every bucket. A bucket of `quota` cells per `seconds` lets `quota` through at once
# and then one every seconds/quota. A cost of nought only reads.
_SPEND = """
CREATE FUNCTION registry_spend(names text[], quotas int[], seconds int[], cost int)
RETURNS TABLE (admitted int, remaining int[], resets double precision[], wait double precision, moment timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    arrivals timestamptz[] := '{}';
    arrival timestamptz;
    step interval;
    room int;
    i int;
BEGIN
    IF cost > 0 THEN
        FOR i IN 1 .. cardinality(names) LOOP
            INSERT INTO buckets AS b (name, arrival) VALUES (names[i], '-infinity')
            ON CONFLICT (name) DO UPDATE SET name = b.name
            RETURNING b.arrival INTO arrival;
            arrivals := arrivals || arrival;
        END LOOP;
    ELSE
        FOR i IN 1 .. cardinality(names) LOOP
            SELECT b.arrival INTO arrival FROM buckets b WHERE b.name = names[i];
            arrivals := arrivals || coalesce(arrival, '-infinity');
        END LOOP;
    END IF;
    -- Read after the rows are locked: whoever waited must not count with the time before the wait.
    moment := clock_timestamp();
    admitted := cost;
    wait := 0;
    FOR i IN 1 .. cardinality(names) LOOP
        arrivals[i] := greatest(arrivals[i], moment);
        step := make_interval(secs => seconds[i]::float8 / quotas[i]);
        room := floor(
            extract(epoch FROM moment + make_interval(secs => seconds[i]) - arrivals[i])
            / extract(epoch FROM step) + 1e-6
        );
        admitted := greatest(0, least(admitted, room));
    END LOOP;
    remaining := '{}';
    resets := '{}';
    FOR i IN 1 .. cardinality(names) LOOP
        step := make_interval(secs => seconds[i]::float8 / quotas[i]);
        arrivals[i] := arrivals[i] + admitted * step;
        IF admitted > 0 THEN
            UPDATE buckets SET arrival = arrivals[i] WHERE name = names[i];
        END IF;
        room := floor(
            extract(epoch FROM moment + make_interval(secs => seconds[i]) - arrivals[i])
            / extract(epoch FROM step) + 1e-6
        );
        IF room < 1 THEN
            wait := greatest(
                wait,
                extract(epoch FROM arrivals[i] + step - make_interval(secs => seconds[i]) - moment)
            );
        END IF;
        remaining := remaining || greatest(room, 0);
        resets := resets || extract(epoch FROM arrivals[i] - moment)::float8;
    END LOOP;
    RETURN NEXT;
END $$
"""

# Facts outside their time, and those of businesses that are not verified now, are left out: a suspended
# business's reports vanish at once, without touching a standing.
_STANDINGS = """
CREATE FUNCTION registry_standings(asked bytea[], moment timestamptz)
RETURNS TABLE (index_value bytea, kind text, identity_id uuid, facts jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.index_value, s.kind, s.identity_id, shown.facts
    FROM standings s
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(
            f || jsonb_build_object('source', b.source_id) ORDER BY f->>'month' DESC, f->>'report'
        ) AS facts
        FROM jsonb_array_elements(s.facts) AS f
        JOIN businesses b ON b.id = (f->>'business')::uuid AND b.state = 'verified'
        WHERE (f->>'since')::timestamptz <= moment AND (f->>'until')::timestamptz > moment
    ) AS shown
    WHERE s.index_value = ANY (asked) AND shown.facts IS NOT NULL
$$
"""

_RECORDS = """
CREATE FUNCTION registry_records(wanted uuid[])
RETURNS TABLE (id uuid, data_key_id uuid, sealed bytea, wrapped bytea, kek_version smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.id, r.data_key_id, r.sealed, k.wrapped, k.kek_version
    FROM records r JOIN data_keys k ON k.id = r.data_key_id
    WHERE r.id = ANY (wanted)
$$
"""

_KEEP = """
CREATE FUNCTION registry_keep_lookup(
    lookup uuid, business uuid, key uuid, at timestamptz, purpose text, result text,
    reports uuid[], sealed bytea, digest bytea, idempotency bytea, fingerprint bytea
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO lookups (id, business_id, key_id, at, purpose, result, report_ids, sealed, digest,
                         idempotency, fingerprint)
    VALUES (lookup, business, key, at, purpose, result, reports, sealed, digest, idempotency, fingerprint);
    INSERT INTO audit_entries (id, at, clock_at, actor_kind, actor_id, business_id, action, object_kind,
                               object_id, details)
    VALUES (lookup, clock_timestamp(), at, 'business', key, business, 'lookup.answered', 'lookup',
            lookup, jsonb_build_object('result', result, 'reports', cardinality(reports)))
$$
"""

_TERMS = """
CREATE FUNCTION registry_terms(business uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT rules FROM terms WHERE business_id = business
$$
"""

FUNCTIONS = {
    "registry_spend(text[], int[], int[], int)": _SPEND,
    "registry_standings(bytea[], timestamptz)": _STANDINGS,
    "registry_records(uuid[])": _RECORDS,
    "registry_terms(uuid)": _TERMS,
    (
        "registry_keep_lookup(uuid, uuid, uuid, timestamptz, text, text, uuid[], bytea, bytea, bytea, bytea)"
    ): _KEEP,
}
#: What the functions themselves may touch.
DEFINER = {
    "buckets": "SELECT, INSERT, UPDATE",
    "standings": "SELECT",
    "businesses": "SELECT",
    "records": "SELECT",
    "data_keys": "SELECT",
    "terms": "SELECT",
    "lookups": "INSERT",
    "audit_entries": "INSERT",
}


def upgrade() -> None:
    for table, rights in DEFINER.items():
        op.execute(f"GRANT {rights} ON {table} TO registry_definer")
        op.execute(
            f"CREATE POLICY lookup_path ON {table} TO registry_definer USING (true) WITH CHECK (true)"
        )
    op.execute("GRANT CREATE ON SCHEMA public TO registry_definer")
    for signature, body in FUNCTIONS.items():
        op.execute(body)
        # Before the owner changes: what is not one's own one cannot grant or revoke, and PostgreSQL only warns.
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO registry_lookup")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO registry_definer")
    op.execute("REVOKE CREATE ON SCHEMA public FROM registry_definer")
