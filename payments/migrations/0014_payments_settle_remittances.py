from django.db import migrations

# A payment order settles what its provider was owed by document, as an allocation does: what is open of a
# document is always what the ledger says.
SETTLE = """
CREATE FUNCTION payments_orders_posted() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE payments_documentbalance b SET open_minor = b.open_minor - u.settled
        FROM (SELECT w.document_id,
                  sum(CASE WHEN d.kind = 'CREDIT_NOTE' THEN -w.amount_minor ELSE w.amount_minor END) AS settled
              FROM written w JOIN payments_journal j ON j.id = w.journal_id AND j.kind = 'PROVIDER_PAYMENT'
              JOIN payments_document d ON d.id = w.document_id
              WHERE w.account = 'PAYABLES' GROUP BY 1) u
        WHERE b.document_id = u.document_id;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_orders_posted AFTER INSERT ON payments_posting
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION payments_orders_posted();

ALTER TABLE payments_documentbalance DISABLE TRIGGER payments_documentbalance_guard;
UPDATE payments_documentbalance b SET open_minor = b.open_minor - u.settled
    FROM (SELECT p.document_id,
              sum(CASE WHEN d.kind = 'CREDIT_NOTE' THEN -p.amount_minor ELSE p.amount_minor END) AS settled
          FROM payments_posting p JOIN payments_journal j ON j.id = p.journal_id AND j.kind = 'PROVIDER_PAYMENT'
          JOIN payments_document d ON d.id = p.document_id
          WHERE p.account = 'PAYABLES' GROUP BY 1) u
    WHERE b.document_id = u.document_id;
ALTER TABLE payments_documentbalance ENABLE TRIGGER payments_documentbalance_guard;
"""
NO_SETTLE = """
DROP TRIGGER payments_orders_posted ON payments_posting;
DROP FUNCTION payments_orders_posted();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_einvoices")]
    operations = [migrations.RunSQL(SETTLE, NO_SETTLE)]
