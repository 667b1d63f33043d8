"""Distinct identifiers that led to nobody: counted, budgeted and watched in the statement that looks them up.

Three tables are unlogged, as budgets are: after a crash of the database everybody starts the day anew. Nothing in them
says who was asked for: a mark is keyed over the business and the identifier, so that not even two businesses that ask
for one person leave the same. Canaries and who asked for them survive a crash.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None

# Everybody makes and locks buckets in the order of their names, so that nobody waits in a circle. One that was swept
# away between the making and the locking is made again.
_HOLD = """
CREATE FUNCTION registry_hold(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held int;
BEGIN
    LOOP
        INSERT INTO buckets (name, arrival)
        SELECT wanted, '-infinity' FROM unnest(names) AS wanted
        WHERE NOT EXISTS (SELECT FROM buckets b WHERE b.name = wanted)
        ORDER BY wanted
        ON CONFLICT DO NOTHING;
        PERFORM 1 FROM buckets b WHERE b.name = ANY (names) ORDER BY b.name FOR UPDATE;
        GET DIAGNOSTICS held = ROW_COUNT;
        EXIT WHEN held = cardinality(names);
    END LOOP;
END $$
"""

# GCRA (generic cell rate algorithm, ITU-T I.371) on buckets that are held, for many holders at once. `holders` says to
# which holder (1, 2, ...) each bucket belongs, `costs` how many calls each holder makes: of these as many are admitted,
# in order, as fit in every bucket of the holder. A bucket of `quota` cells per `seconds` lets `quota` through at once
# and then one every seconds/quota.
# Most buckets count calls. One that is `apart` counts what is new in them: `new_holders` and `new_positions` say whose
# call asks for something new, `new_met` whether it was found; what was found costs nothing. A call is admitted when
# all that is new in it would fit, whether it is found or not: were it looked at what is found, the refusal alone would
# tell, for nothing, that somebody is not known.
# `remaining` and `resets` are by bucket, `admitted` and `waits` by holder. A bucket may be named once only.
_DEBIT = """
CREATE FUNCTION registry_debit(
    names text[], holders int[], quotas int[], seconds int[], costs int[], apart boolean[],
    new_holders int[], new_positions int[], new_met boolean[],
    OUT moment timestamptz, OUT admitted int[], OUT waits double precision[],
    OUT remaining int[], OUT resets double precision[]
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    -- Read after the rows are locked: whoever waited must not count with the time before the wait.
    moment := clock_timestamp();
    WITH bucket AS (
        SELECT w.place, w.name, w.holder, w.span, w.is_apart, w.span::float8 / w.quota AS step,
               greatest(b.arrival, moment) AS arrival
        FROM unnest(names, holders, quotas, seconds, apart)
             WITH ORDINALITY AS w (name, holder, quota, span, is_apart, place)
        LEFT JOIN buckets b ON b.name = w.name
    ), roomy AS (
        SELECT bucket.*, greatest(0, floor(
            extract(epoch FROM moment - arrival + make_interval(secs => span)) / step + 1e-6
        ))::int AS cells
        FROM bucket
    ), call AS (
        SELECT holder, position, needs, found_nobody,
               sum(found_nobody) OVER (PARTITION BY holder ORDER BY position) - found_nobody AS before
        FROM (
            SELECT n.holder, n.position, count(*)::int AS needs,
                   (count(*) FILTER (WHERE NOT n.met))::int AS found_nobody
            FROM unnest(new_holders, new_positions, new_met) AS n (holder, position, met)
            GROUP BY n.holder, n.position
        ) AS asked
    ), refused AS (
        SELECT DISTINCT ON (call.holder) call.holder, call.position, call.needs
        FROM call JOIN roomy ON roomy.holder = call.holder AND roomy.is_apart
        WHERE call.before + call.needs > roomy.cells
        ORDER BY call.holder, call.position
    ), granted AS (
        SELECT roomy.holder, least(
            costs[roomy.holder], min(roomy.cells) FILTER (WHERE NOT is_apart), min(refused.position) - 1
        ) AS cells, min(refused.needs) AS needs
        FROM roomy LEFT JOIN refused USING (holder) GROUP BY roomy.holder
    ), spent AS (
        SELECT roomy.place, roomy.name, roomy.holder, roomy.span, roomy.step, roomy.arrival, granted.cells,
               CASE WHEN is_apart THEN coalesce(granted.needs, 1) ELSE 1 END AS needs,
               CASE WHEN is_apart THEN coalesce((
                   SELECT sum(call.found_nobody) FROM call
                   WHERE call.holder = roomy.holder AND call.position <= granted.cells
               ), 0) ELSE granted.cells END AS debit
        FROM roomy JOIN granted USING (holder)
    ), owed AS (
        SELECT spent.*, arrival + make_interval(secs => debit * step) AS due FROM spent
    ), written AS (
        UPDATE buckets b SET arrival = owed.due FROM owed WHERE b.name = owed.name AND owed.debit > 0
    ), told AS (
        SELECT place, holder, cells, needs, extract(epoch FROM due - moment)::float8 AS reset,
               floor((span - extract(epoch FROM due - moment)) / step + 1e-6)::int AS room,
               extract(epoch FROM due - moment)::float8 + needs * step - span AS wait
        FROM owed
    ), by_holder AS (
        SELECT holder, min(cells) AS cells, max(CASE WHEN room < needs THEN wait ELSE 0 END) AS wait
        FROM told GROUP BY holder
    )
    SELECT (SELECT array_agg(cells ORDER BY holder) FROM by_holder),
           (SELECT array_agg(wait ORDER BY holder) FROM by_holder),
           (SELECT array_agg(greatest(room, 0) ORDER BY place) FROM told),
           (SELECT array_agg(reset ORDER BY place) FROM told)
    INTO admitted, waits, remaining, resets;
END $$
"""

# Budgets that count calls and nothing else. Where every cost is nought it only reads.
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
        PERFORM registry_hold(names);
    END IF;
    SELECT d.moment, d.admitted, d.waits, d.remaining, d.resets INTO moment, admitted, waits, remaining, resets
    FROM registry_debit(
        names, holders, quotas, seconds, costs, array_fill(false, ARRAY[cardinality(names)]), '{}', '{}', '{}'
    ) AS d;
END $$
"""

# What waits is asked in three steps: the standings under the index values, then the budgets, then what of it is to be
# watched. Facts outside their time, and those of businesses that are not verified now, are left out: a suspended
# business's reports vanish at once, without touching a standing. `shift` moves the clock of tests and of seeded data;
# budgets go by the database's own.
# `places` says for each fact by which of the values `asked` (1, 2, ...) it was found, `held` whether the record behind
# it holds that value itself. `compared` says for which of the values the query has more to compare, a name or a date:
# only for these, and for facts with the person's own words, the sealed record comes along.
# `businesses` stand in the order of the holders. `marks` say what is distinct in what is asked: whose call it is
# (`mark_holders`, and which of that holder's calls, 1, 2, ...: `positions`), by which of the values it is found
# (`mark_places`; nought: by none, so that it counts as unmatched), and its `blocks`: numbers that differ in their last
# digits only share one, nought is none. Returned by holder: how many neighbours stand in the fullest block that
# was asked in, and how many canaries the business met within `met_since`, when it met one now.
_ASK = """
CREATE FUNCTION registry_ask(
    asked bytea[], compared boolean[], businesses uuid[], shift interval,
    names text[], holders int[], quotas int[], seconds int[], costs int[], apart boolean[],
    mark_holders int[], positions int[], marks bigint[], blocks bigint[], mark_places int[], met_since interval,
    OUT moment timestamptz, OUT places int[], OUT identities uuid[], OUT held boolean[], OUT facts text[],
    OUT records uuid[], OUT data_keys uuid[], OUT sealed bytea[], OUT wrapped bytea[], OUT versions smallint[],
    OUT with_terms uuid[], OUT terms text[],
    OUT admitted int[], OUT waits double precision[], OUT remaining int[], OUT resets double precision[],
    OUT neighbours int[], OUT canaries int[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    opened uuid[];
    new_holders int[];
    new_positions int[];
    new_marks bigint[];
    new_blocks bigint[];
    new_met boolean[];
    laid bytea[];
    real timestamptz;
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

    IF 0 < ANY (costs) THEN
        PERFORM registry_hold(names);
    END IF;
    real := clock_timestamp();
    -- What a business asks for the first time in a day; read while its budget is held, so nobody counts it twice.
    SELECT array_agg(holder), array_agg(position), array_agg(mark), array_agg(block), array_agg(met)
    INTO new_holders, new_positions, new_marks, new_blocks, new_met
    FROM (
        SELECT m.holder, m.mark, m.block, min(m.position) AS position,
               coalesce(bool_or(m.place = ANY (places)), false) AS met
        FROM unnest(mark_holders, positions, marks, blocks, mark_places) AS m (holder, position, mark, block, place)
        GROUP BY m.holder, m.mark, m.block
    ) AS once
    -- One by one, by the index: as a join it might be planned for a small table, and kept when it has grown.
    WHERE real - interval '1 day' >= coalesce((
        SELECT u.at FROM unmatched u
        WHERE u.business_id = businesses[holder] AND u.block = once.block AND u.mark = once.mark
    ), '-infinity');
    SELECT d.admitted, d.waits, d.remaining, d.resets INTO admitted, waits, remaining, resets
    FROM registry_debit(
        names, holders, quotas, seconds, costs, apart, new_holders, new_positions, new_met
    ) AS d;

    IF false = ANY (new_met) THEN
        WITH kept AS (
            INSERT INTO unmatched AS u (business_id, block, mark, at)
            SELECT businesses[n.holder], n.block, n.mark, real
            FROM unnest(new_holders, new_positions, new_marks, new_blocks, new_met)
                 AS n (holder, position, mark, block, met)
            WHERE NOT n.met AND n.position <= admitted[n.holder]
            ORDER BY 1, 2, 3
            ON CONFLICT (business_id, block, mark) DO UPDATE SET at = excluded.at
            RETURNING u.business_id, u.block
        ), fullest AS (
            -- Besides the present ones, which this statement does not see yet.
            SELECT k.business_id, max(k.fresh + (
                SELECT count(*) FROM unmatched u
                WHERE u.business_id = k.business_id AND u.block = k.block
                  AND u.at > real - interval '1 day'
            )) AS most
            FROM (
                SELECT kept.business_id, kept.block, count(*) AS fresh FROM kept
                WHERE kept.block <> 0 GROUP BY kept.business_id, kept.block
            ) AS k
            GROUP BY k.business_id
        )
        SELECT array_agg(coalesce(f.most, 0) ORDER BY b.place) INTO neighbours
        FROM unnest(businesses) WITH ORDINALITY AS b (id, place) LEFT JOIN fullest f ON f.business_id = b.id;
    END IF;

    SELECT array_agg(c.index_value) INTO laid FROM canaries c WHERE c.index_value = ANY (asked);
    IF laid IS NOT NULL THEN
        INSERT INTO canary_touches (business_id, index_value, at)
        SELECT DISTINCT businesses[m.holder], asked[m.place], real
        FROM unnest(mark_holders, positions, mark_places) AS m (holder, position, place)
        WHERE asked[m.place] = ANY (laid) AND m.position <= admitted[m.holder]
        ON CONFLICT (business_id, index_value) DO UPDATE SET at = excluded.at;
        SELECT array_agg(
            CASE WHEN EXISTS (
                SELECT FROM unnest(mark_holders, positions, mark_places) AS m (holder, position, place)
                WHERE m.holder = b.place AND asked[m.place] = ANY (laid) AND m.position <= admitted[m.holder]
            ) THEN (
                SELECT count(*) FROM canary_touches t
                WHERE t.business_id = b.id AND t.at > real - met_since
            ) ELSE 0 END ORDER BY b.place
        ) INTO canaries
        FROM unnest(businesses) WITH ORDINALITY AS b (id, place);
    END IF;
END $$
"""

# Calls that were refused for a spent budget: what each business has of them today.
_REFUSED = """
CREATE FUNCTION registry_refused(businesses uuid[], calls int[]) RETURNS int[]
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH counted AS (
        INSERT INTO refusals AS r (business_id, day, calls)
        SELECT b, (clock_timestamp() AT TIME ZONE 'UTC')::date, c FROM unnest(businesses, calls) AS n (b, c) ORDER BY b
        ON CONFLICT (business_id, day) DO UPDATE SET calls = r.calls + excluded.calls
        RETURNING r.business_id, r.calls
    )
    SELECT array_agg(counted.calls ORDER BY b.place)
    FROM unnest(businesses) WITH ORDINALITY AS b (id, place) JOIN counted ON counted.business_id = b.id
$$
"""

_ASK_BEFORE = (
    "registry_ask(bytea[], boolean[], uuid[], interval, text[], int[], int[], int[], int[])"
)
_SPEND_AS_BEFORE = "registry_spend(text[], int[], int[], int[], int[])"
#: Asked for by the functions below alone.
_INNER = {
    "registry_hold(text[])": _HOLD,
    (
        "registry_debit(text[], int[], int[], int[], int[], boolean[], int[], int[], boolean[])"
    ): _DEBIT,
}
_OUTER = {
    _SPEND_AS_BEFORE: _SPEND,
    (
        "registry_ask(bytea[], boolean[], uuid[], interval, text[], int[], int[], int[], int[], boolean[],"
        " int[], int[], bigint[], bigint[], int[], interval)"
    ): _ASK,
    "registry_refused(uuid[], int[])": _REFUSED,
}
#: table -> what the functions may do there.
_DEFINER = {
    "unmatched": "SELECT, INSERT, UPDATE",
    "refusals": "SELECT, INSERT, UPDATE",
    "canaries": "SELECT",
    "canary_touches": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    _tables()
    for table, rights in _DEFINER.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO registry_system")
        op.execute(f"GRANT {rights} ON {table} TO registry_definer")
        for role, policy in (("system", "system_all"), ("definer", "lookup_path")):
            op.execute(
                f"CREATE POLICY {policy} ON {table} TO registry_{role} USING (true) WITH CHECK (true)"
            )
    op.execute("SET LOCAL ROLE registry_definer")
    op.execute(f"DROP FUNCTION {_ASK_BEFORE}")
    op.execute(f"DROP FUNCTION {_SPEND_AS_BEFORE}")
    op.execute("RESET ROLE")
    op.execute("GRANT CREATE ON SCHEMA public TO registry_definer")
    for signature, body in (_INNER | _OUTER).items():
        op.execute(body)
        # Before the owner changes: what is not one's own one cannot grant or revoke, and PostgreSQL only warns.
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        if signature in _OUTER:
            op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO registry_lookup")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO registry_definer")
    op.execute("REVOKE CREATE ON SCHEMA public FROM registry_definer")


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "unmatched",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("business_id", "block", "mark", name=op.f("pk_unmatched")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "refusals",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("business_id", "day", name=op.f("pk_refusals")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "canaries",
        sa.Column("index_value", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("planted_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("index_value", name=op.f("pk_canaries")),
    )
    op.create_table(
        "canary_touches",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("index_value", sa.LargeBinary(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"],
            ["businesses.id"],
            name=op.f("fk_canary_touches_business_id_businesses"),
        ),
        sa.ForeignKeyConstraint(
            ["index_value"],
            ["canaries.index_value"],
            name=op.f("fk_canary_touches_index_value_canaries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("business_id", "index_value", name=op.f("pk_canary_touches")),
    )
