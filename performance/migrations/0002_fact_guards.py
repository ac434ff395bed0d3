from django.db import migrations

from mhep.shared.append_only import append_only

# Each trigger hands the rows that its statement touched to a function, which marks the months that they count in.
EVENTS = """
    SELECT DISTINCT t.programme_id, date_trunc('month', day)::date, 'ALL'
    FROM touched t CROSS JOIN LATERAL (VALUES (t.falls_in), (t.void_falls_in), (t.outcome_date)) v (day)
    WHERE t.state = 'VERIFIED' AND day IS NOT NULL
"""
REJECTIONS = """
    SELECT DISTINCT e.programme_id, date_trunc('month', t.rejected_at AT TIME ZONE p.timezone)::date, 'ALL'
    FROM touched t JOIN outcomes_outcomeevent e ON e.id = t.event_id
    JOIN funders_programme p ON p.id = e.programme_id
"""
REFERRED = """
    SELECT DISTINCT t.programme_id, date_trunc('month', day)::date, 'PEOPLE'
    FROM touched t CROSS JOIN LATERAL (
        VALUES (t.referred_on), (t.started_on), ((t.started_on + interval '18 months')::date)
    ) v (day)
    WHERE day IS NOT NULL
"""
SUPPORT = """
    SELECT DISTINCT p.programme_id, date_trunc('month', day)::date, 'PEOPLE'
    FROM touched t JOIN participants_participant p ON p.id = t.participant_id
    CROSS JOIN LATERAL (VALUES (t.started_on), (t.ended_on), (p.started_on)) v (day)
    WHERE day IS NOT NULL
"""
PERSONS = """
    SELECT DISTINCT p.programme_id, NULL::date, 'PEOPLE'
    FROM touched t JOIN participants_participant p ON p.id = t.participant_id
"""
CONTACTS = PERSONS + " WHERE t.kind = 'EMPLOYER_CONTACT'"
DOCUMENTS = """
    SELECT DISTINCT m.programme_id, m.first_day, 'ALL' FROM touched t JOIN payments_month m ON m.id = t.month_id
"""
ANY = {"insert": "NEW", "update": "NEW", "was": "OLD", "delete": "OLD"}
MARKS = {
    "outcomes_outcomeevent": (EVENTS, ("insert", "update", "was", "delete")),
    "outcomes_eventrejection": (REJECTIONS, ("insert",)),
    "participants_participant": (REFERRED, ("insert", "delete")),
    "participants_enrolment": (SUPPORT, ("insert", "update", "was", "delete")),
    "participants_placement": (PERSONS, ("update",)),
    "participants_workperiod": (PERSONS, ("insert", "update", "delete")),
    "participants_activity": (CONTACTS, ("insert", "update", "was", "delete")),
    "payments_document": (DOCUMENTS, ("insert",)),
}
# What a changed participant changes: the month of a date, or, with the place, every month.
CHANGED = """
    CREATE FUNCTION performance_mark_participant_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO performance_stalemonth (programme_id, first_day, part)
        SELECT DISTINCT w.programme_id, NULL::date,
            CASE WHEN (w.area_id, w.cohort_id) IS DISTINCT FROM (b.area_id, b.cohort_id)
                THEN 'ALL' ELSE 'PEOPLE' END
        FROM written w JOIN before b ON b.id = w.id
        WHERE (w.area_id, w.cohort_id, w.service_id, w.referred_on, w.started_on)
            IS DISTINCT FROM (b.area_id, b.cohort_id, b.service_id, b.referred_on, b.started_on);
        RETURN NULL;
    END $$;
    CREATE TRIGGER performance_mark_changed AFTER UPDATE ON participants_participant
        REFERENCING OLD TABLE AS before NEW TABLE AS written
        FOR EACH STATEMENT EXECUTE FUNCTION performance_mark_participant_changed();
"""
NOT_CHANGED = """
    DROP TRIGGER performance_mark_changed ON participants_participant;
    DROP FUNCTION performance_mark_participant_changed();
"""
CLOSED = """
    CREATE FUNCTION performance_mark_closed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO performance_stalemonth (programme_id, first_day, part)
        VALUES (NEW.programme_id, NEW.first_day, 'ALL');
        RETURN NULL;
    END $$;
    CREATE TRIGGER performance_mark_closed AFTER INSERT OR UPDATE ON payments_month
        FOR EACH ROW WHEN (NEW.state = 'CLOSED') EXECUTE FUNCTION performance_mark_closed();
"""
NOT_CLOSED = """
    DROP TRIGGER performance_mark_closed ON payments_month;
    DROP FUNCTION performance_mark_closed();
"""
# A closed month is frozen once, at the time that the database says; its facts are of that transaction.
FREEZE = """
    CREATE FUNCTION performance_stamp_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM payments_month
            WHERE programme_id = NEW.programme_id AND first_day = NEW.first_day AND state = 'CLOSED'
        ) THEN
            RAISE EXCEPTION 'only a closed month is frozen' USING ERRCODE = 'restrict_violation';
        END IF;
        NEW.frozen_at := now();
        RETURN NEW;
    END $$;
    CREATE TRIGGER performance_frozenmonth_stamp BEFORE INSERT ON performance_frozenmonth
        FOR EACH ROW EXECUTE FUNCTION performance_stamp_frozen();
    CREATE FUNCTION performance_frozen_fact() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM performance_frozenmonth f
            WHERE f.id = NEW.frozen_id AND f.programme_id = NEW.programme_id AND f.first_day = NEW.first_day
                AND f.frozen_at = now()
        ) THEN
            RAISE EXCEPTION 'the facts of a closed month are kept as they stood when it was frozen'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
"""
THAW = """
    DROP FUNCTION performance_frozen_fact();
    DROP TRIGGER performance_frozenmonth_stamp ON performance_frozenmonth;
    DROP FUNCTION performance_stamp_frozen();
"""


def marking(table: str, select: str, when: tuple[str, ...]) -> tuple[str, str]:
    """Return the SQL that marks the months which changed rows of ``table`` count in, and its undoing."""
    name = f"performance_mark_{table.partition('_')[2]}"
    do = f"""
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO performance_stalemonth (programme_id, first_day, part) {select};
        RETURN NULL;
    END $$;
    """
    undo = ""
    for each in when:
        event = "UPDATE" if each == "was" else each.upper()
        do += f"""
    CREATE TRIGGER performance_mark_{each} AFTER {event} ON {table} REFERENCING {ANY[each]} TABLE AS touched
        FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        """
        undo += f"DROP TRIGGER performance_mark_{each} ON {table};\n"
    return do, f"{undo}DROP FUNCTION {name}();"


def frozen_rows(table: str) -> tuple[str, str]:
    """Return the SQL that keeps frozen rows of ``table`` as they are, and its undoing."""
    do = f"""
    CREATE TRIGGER {table}_frozen_stays BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW WHEN (OLD.frozen_id IS NOT NULL) EXECUTE FUNCTION mhep_refuse_change();
    CREATE TRIGGER {table}_frozen_once BEFORE INSERT OR UPDATE ON {table}
        FOR EACH ROW WHEN (NEW.frozen_id IS NOT NULL) EXECUTE FUNCTION performance_frozen_fact();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
    """
    undo = "".join(f"DROP TRIGGER {table}_{end} ON {table};" for end in ("frozen_stays", "frozen_once", "no_truncate"))
    return do, undo


class Migration(migrations.Migration):
    """Changed rows mark the months that they count in; what was frozen stays."""

    dependencies = [
        ("performance", "0001_facts"),
        ("outcomes", "0014_evidence_names_rotate"),
        ("participants", "0008_transfers_stay_in_the_programme"),
        ("payments", "0014_payments_settle_remittances"),
        ("shared", "0002_refuse_change"),
    ]
    operations = [
        *(migrations.RunSQL(*marking(table, *how)) for table, how in MARKS.items()),
        migrations.RunSQL(CHANGED, NOT_CHANGED),
        migrations.RunSQL(CLOSED, NOT_CLOSED),
        migrations.RunSQL(FREEZE, THAW),
        *(
            migrations.RunSQL(*frozen_rows(f"performance_{name}"))
            for name in ("peoplefact", "outcomefact", "amountfact")
        ),
        migrations.RunSQL(*append_only("performance_frozenmonth")),
    ]
