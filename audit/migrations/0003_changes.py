from django.conf import settings
from django.db import migrations, models

from mhep.shared.append_only import append_only
from mhep.shared.audited import audited

# One trigger function for every table. A statement that touches up to 100 rows leaves a row for each of them that
# changed; a larger one leaves a single row with their number and a digest over them all.
AUDIT = """
CREATE SEQUENCE audit_batch_seq;
CREATE FUNCTION mhep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key text := TG_ARGV[0];
    hidden text[] := TG_ARGV[1];
    ignored text[] := TG_ARGV[2];
    touched bigint;
    changes jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        SELECT count(*) INTO touched FROM before;
    ELSE
        SELECT count(*) INTO touched FROM written;
    END IF;
    IF touched = 0 THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF touched > 100 THEN
            SELECT jsonb_build_array(jsonb_build_object('after', jsonb_build_object('rows', touched, 'digest',
                encode(sha256(string_agg(d, ''::bytea ORDER BY d)), 'hex')))) INTO changes
            FROM (SELECT sha256(convert_to(to_jsonb(w)::text, 'UTF8')) AS d FROM written w) digests;
        ELSE
            SELECT jsonb_agg(jsonb_build_object('after', to_jsonb(w))) INTO changes FROM written w;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF touched > 100 THEN
            SELECT jsonb_build_array(jsonb_build_object('before', jsonb_build_object('rows', touched, 'digest',
                encode(sha256(string_agg(d, ''::bytea ORDER BY d)), 'hex')))) INTO changes
            FROM (SELECT sha256(convert_to(to_jsonb(b)::text, 'UTF8')) AS d FROM before b) digests;
        ELSE
            SELECT jsonb_agg(jsonb_build_object('before', to_jsonb(b))) INTO changes FROM before b;
        END IF;
    ELSIF touched > 100 THEN
        SELECT jsonb_build_array(jsonb_build_object(
            'before', jsonb_build_object('rows', touched, 'digest', (
                SELECT encode(sha256(string_agg(d, ''::bytea ORDER BY d)), 'hex')
                FROM (SELECT sha256(convert_to(to_jsonb(b)::text, 'UTF8')) AS d FROM before b) digests)),
            'after', jsonb_build_object('rows', touched, 'digest', (
                SELECT encode(sha256(string_agg(d, ''::bytea ORDER BY d)), 'hex')
                FROM (SELECT sha256(convert_to(to_jsonb(w)::text, 'UTF8')) AS d FROM written w) digests))
        )) INTO changes;
    ELSE
        SELECT jsonb_agg(CASE
            WHEN w.row IS NULL THEN jsonb_build_object('before', b.row)
            WHEN b.row IS NULL THEN jsonb_build_object('after', w.row)
            ELSE jsonb_build_object('before', b.row, 'after', w.row) END) INTO changes
        FROM (SELECT to_jsonb(x) AS row FROM before x) b
        FULL JOIN (SELECT to_jsonb(x) AS row FROM written x) w ON b.row ->> key = w.row ->> key;
    END IF;
    IF coalesce(current_setting('mhep.audit_batch', true), '') = '' THEN
        PERFORM set_config('mhep.audit_batch', nextval('audit_batch_seq')::text, true);
    END IF;
    -- The number of the last change is known before its deferred trigger runs, even where that runs at once.
    WITH kept AS (
        INSERT INTO audit_change (id, batch, at, transaction, actor_id, reason, through, "table", row_key, operation,
            before, after)
        SELECT nextval('audit_change_id_seq'), current_setting('mhep.audit_batch')::bigint, clock_timestamp(),
            pg_current_xact_id()::text::bigint,
            coalesce(nullif(current_setting('mhep.actor', true), ''),
                nullif(current_setting('mhep.signed_in', true), ''))::bigint,
            coalesce(current_setting('mhep.reason', true), ''),
            coalesce(nullif(current_setting('mhep.through', true), ''), 'role ' || current_user),
            TG_TABLE_NAME, CASE WHEN touched > 100 THEN '' ELSE coalesce(v.after, v.before) ->> key END, TG_OP,
            CASE WHEN touched > 100 THEN v.before ELSE mhep_audit_part(v.before, v.after, hidden, ignored) END,
            CASE WHEN touched > 100 THEN v.after ELSE mhep_audit_part(v.after, v.before, hidden, ignored) END
        FROM (SELECT e -> 'before' AS before, e -> 'after' AS after FROM jsonb_array_elements(changes) e) v
        WHERE v.before IS NULL OR v.after IS NULL OR v.before - ignored IS DISTINCT FROM v.after - ignored
        RETURNING id
    )
    SELECT count(set_config('mhep.audit_last', last::text, true)) INTO touched
    FROM (SELECT max(id) AS last FROM kept) l WHERE last IS NOT NULL;
    RETURN NULL;
END $$;

-- The columns of one side that are not the same on the other; all of them where there is no other side.
CREATE FUNCTION mhep_audit_part(one jsonb, other jsonb, hidden text[], ignored text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN one IS NOT NULL THEN (
        SELECT coalesce(jsonb_object_agg(k, CASE
            WHEN k = ANY (hidden) AND v NOT IN ('null', '""') THEN '"…"'::jsonb ELSE v END), '{}')
        FROM jsonb_each(one) AS part (k, v)
        WHERE k <> ALL (ignored) AND (other IS NULL OR other -> k IS DISTINCT FROM v)
    ) END
$$;
"""
NO_AUDIT = """
DROP FUNCTION mhep_audit();
DROP FUNCTION mhep_audit_part(jsonb, jsonb, text[], text[]);
DROP SEQUENCE audit_batch_seq;
"""

# At the end of the transaction, after every other check that waits for it, its changes become the next link. The lock
# is taken when there is nothing left to wait for, so that it is held for the commit only and no two writers can
# wait for each other.
CHAIN = """
CREATE FUNCTION mhep_audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found integer;
    digests bytea;
    head record;
BEGIN
    IF NEW.id::text IS DISTINCT FROM current_setting('mhep.audit_last', true) THEN
        RETURN NULL;
    END IF;
    SELECT count(*), string_agg(sha256(convert_to(jsonb_build_array(
        c.id, c.batch, to_char(c.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), c.transaction, c.actor_id,
        c.reason, c.through, c."table", c.row_key, c.operation, c.before, c.after
    )::text, 'UTF8')), ''::bytea ORDER BY c.id) INTO found, digests
    FROM audit_change c WHERE c.batch = NEW.batch;
    PERFORM set_config('mhep.audit_batch', '', true);
    PERFORM pg_advisory_xact_lock('audit_chainlink'::regclass::oid::integer, 1);
    SELECT position, hash INTO head FROM audit_chainlink ORDER BY position DESC LIMIT 1;
    head.position := coalesce(head.position, 0) + 1;
    INSERT INTO audit_chainlink (position, batch, changes, hash) VALUES (head.position, NEW.batch, found, encode(sha256(
        convert_to(coalesce(head.hash, '') || '|' || head.position || '|' || NEW.batch || '|', 'UTF8') || digests
    ), 'hex'));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_change_link AFTER INSERT ON audit_change DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION mhep_audit_link();

CREATE FUNCTION mhep_refuse_forgery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION '% is written by the database only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_change_genuine BEFORE INSERT ON audit_change
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_forgery();
CREATE TRIGGER audit_chainlink_genuine BEFORE INSERT ON audit_chainlink
    FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_forgery();
"""
NO_CHAIN = """
DROP TRIGGER audit_chainlink_genuine ON audit_chainlink;
DROP TRIGGER audit_change_genuine ON audit_change;
DROP FUNCTION mhep_refuse_forgery();
DROP TRIGGER audit_change_link ON audit_change;
DROP FUNCTION mhep_audit_link();
"""

PLAIN = [
    "accounts_identity",
    "audit_auditevent",
    "providers_operator",
    "providers_operatormember",
    "providers_provider",
    "providers_providermember",
    "funders_programme",
    "funders_area",
    "funders_cohort",
    "funders_programmeprovider",
    "funders_service",
    "funders_fidelityreview",
    "funders_outcometype",
    "funders_tariff",
    "funders_sustainment",
    "funders_funder",
    "funders_fundermember",
    "funders_agreement",
    "funders_agreementversion",
    "funders_yearcap",
    "funders_fixedfee",
    "funders_term",
    "funders_band",
    "participants_participant",
    "participants_consentstep",
    "participants_enrolment",
    "participants_assignment",
    "participants_accesslog",
    "participants_goalview",
    "participants_workperiod",
    "outcomes_outcomeevent",
    "outcomes_eventstep",
    "outcomes_eventquery",
    "outcomes_eventrejection",
    "outcomes_sampleaudit",
    "outcomes_sampledevent",
    "outcomes_outcomedraft",
    "outcomes_evidenceview",
    "payments_month",
    "payments_document",
    "payments_documentcounter",
]
TABLES = [
    *(audited(table) for table in PLAIN),
    audited("shared_job", ignored=["done", "total", "message", "sent_at"]),
    audited("accounts_user", hidden=["password"]),
    audited("accounts_signin", ignored=["seen_at"]),
    audited("accounts_identityprovider", hidden=["client_secret"]),
    audited("accounts_invitation", hidden=["token_hash"]),
    audited(
        "participants_person",
        key="participant_id",
        hidden=["name", "preferred_name", "birth_day", "phone", "email", "contact_notes"],
    ),
    audited(
        "participants_vocationalprofile",
        key="participant_id",
        hidden=["work_wanted", "strengths", "hours_and_travel", "support_wanted", "preferences"],
    ),
    audited("participants_jobdetail", hidden=["employer", "role", "pay"]),
    audited("participants_activity", hidden=["note"]),
    audited("participants_goal", hidden=["text"]),
    audited("outcomes_evidencefile", hidden=["name"]),
]


class Migration(migrations.Migration):
    """Every change of the tables that exist by now; a later table says so in its own migration."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("shared", "0002_refuse_change"),
        ("accounts", "0004_organisations"),
        ("audit", "0002_append_only"),
        ("providers", "0002_staff"),
        ("funders", "0003_evidence_sets"),
        ("participants", "0005_row_security"),
        ("outcomes", "0007_evidence_guards"),
        ("payments", "0003_stronger_guards"),
    ]
    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch", models.BigIntegerField(db_index=True)),
                ("at", models.DateTimeField()),
                ("transaction", models.BigIntegerField()),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("reason", models.TextField()),
                ("through", models.TextField()),
                ("table", models.TextField()),
                ("row_key", models.TextField()),
                (
                    "operation",
                    models.CharField(
                        choices=[("INSERT", "Added"), ("UPDATE", "Changed"), ("DELETE", "Deleted")], max_length=6
                    ),
                ),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={"indexes": [models.Index(fields=["table", "row_key"], name="audit_change_row")]},
        ),
        migrations.CreateModel(
            name="ChainLink",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("batch", models.BigIntegerField(unique=True)),
                ("changes", models.IntegerField()),
                ("hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.RunSQL(AUDIT, NO_AUDIT),
        migrations.RunSQL(CHAIN, NO_CHAIN),
        migrations.RunSQL(*append_only("audit_change")),
        migrations.RunSQL(*append_only("audit_chainlink")),
        *(migrations.RunSQL(*table) for table in TABLES),
    ]
