"""The lookup path's statements are planned once a connection, and budgets are counted without a statement.

A tick asked for one person spent more on planning and on starting the executor than on its rows: with arrays of one
element PostgreSQL holds each statement's own plan cheaper than the general one and so plans it at every call, and
the debit was one statement of a dozen joins. Planned in general, and always by the index: a plan that was made
while a table was small is kept when it has grown.
"""

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None

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
CREATE OR REPLACE FUNCTION registry_debit(
    names text[], holders int[], quotas int[], seconds int[], costs int[], apart boolean[],
    new_holders int[], new_positions int[], new_met boolean[],
    OUT moment timestamptz, OUT admitted int[], OUT waits double precision[],
    OUT remaining int[], OUT resets double precision[]
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    arrivals timestamptz[];
    -- By bucket.
    steps float8[];
    debits int[];
    -- By holder: room for what is new, what of it was met by nobody, and what the first call that did not fit needs.
    room int[];
    strangers int[];
    refused int[];
    call record;
    place int;
    needed int;
BEGIN
    -- Read after the rows are locked: whoever waited must not count with the time before the wait.
    moment := clock_timestamp();
    SELECT array_agg(greatest(moment, (SELECT b.arrival FROM buckets b WHERE b.name = w.name)) ORDER BY w.place)
    INTO arrivals FROM unnest(names) WITH ORDINALITY AS w (name, place);

    admitted := costs;
    waits := array_fill(0::float8, ARRAY[cardinality(costs)]);
    strangers := array_fill(0, ARRAY[cardinality(costs)]);
    FOR place IN 1 .. cardinality(names) LOOP
        steps[place] := seconds[place]::float8 / quotas[place];
        resets[place] := extract(epoch FROM arrivals[place] - moment)::float8;
        remaining[place] := greatest(0, floor((seconds[place] - resets[place]) / steps[place] + 1e-6));
        IF apart[place] THEN
            room[holders[place]] := remaining[place];
        ELSE
            admitted[holders[place]] := least(admitted[holders[place]], remaining[place]);
        END IF;
    END LOOP;

    IF cardinality(new_holders) > 0 THEN
        FOR call IN
            SELECT n.holder, n.position, count(*)::int AS needs, (count(*) FILTER (WHERE NOT n.met))::int AS strangers
            FROM unnest(new_holders, new_positions, new_met) AS n (holder, position, met)
            GROUP BY n.holder, n.position ORDER BY n.holder, n.position
        LOOP
            CONTINUE WHEN refused[call.holder] IS NOT NULL;
            IF call.needs > room[call.holder] THEN
                refused[call.holder] := call.needs;
                admitted[call.holder] := least(admitted[call.holder], call.position - 1);
            ELSE
                room[call.holder] := room[call.holder] - call.strangers;
                IF call.position <= admitted[call.holder] THEN
                    strangers[call.holder] := strangers[call.holder] + call.strangers;
                END IF;
            END IF;
        END LOOP;
    END IF;

    FOR place IN 1 .. cardinality(names) LOOP
        debits[place] := CASE WHEN apart[place] THEN strangers[holders[place]] ELSE admitted[holders[place]] END;
        needed := CASE WHEN apart[place] THEN coalesce(refused[holders[place]], 1) ELSE 1 END;
        IF debits[place] > 0 THEN
            arrivals[place] := arrivals[place] + make_interval(secs => debits[place] * steps[place]);
            resets[place] := extract(epoch FROM arrivals[place] - moment)::float8;
            remaining[place] := greatest(0, floor((seconds[place] - resets[place]) / steps[place] + 1e-6));
        END IF;
        IF remaining[place] < needed THEN
            waits[holders[place]] := greatest(
                waits[holders[place]], resets[place] + needed * steps[place] - seconds[place]
            );
        END IF;
    END LOOP;
    IF 0 < ANY (debits) THEN
        UPDATE buckets b SET arrival = w.arrival
        FROM unnest(names, arrivals, debits) AS w (name, arrival, debit) WHERE b.name = w.name AND w.debit > 0;
    END IF;
END $$
"""

#: What is called, with what it calls, under these settings.
_PLANNED = (
    "registry_spend(text[], int[], int[], int[], int[])",
    (
        "registry_ask(bytea[], boolean[], uuid[], interval, text[], int[], int[], int[], int[], boolean[],"
        " int[], int[], bigint[], bigint[], int[], interval)"
    ),
    "registry_refused(uuid[], int[])",
    (
        "registry_keep(int[], uuid[], uuid[], uuid[], timestamptz[], text[], text[], text[], bytea[], bytea[],"
        " bytea[], bytea[])"
    ),
)


def upgrade() -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO registry_definer")
    op.execute("SET LOCAL ROLE registry_definer")
    op.execute(_DEBIT)
    for signature in _PLANNED:
        op.execute(f"ALTER FUNCTION {signature} SET plan_cache_mode = force_generic_plan")
        op.execute(f"ALTER FUNCTION {signature} SET enable_seqscan = off")
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM registry_definer")
