"""SQL for tables whose rows are written once."""

from __future__ import annotations


def append_only(table: str) -> tuple[str, str]:
    """Return the SQL that makes ``table`` refuse update, delete and truncate, and the SQL that undoes it."""
    freeze = f"""
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION mhep_refuse_change();
    """
    thaw = f"""
    DROP TRIGGER {table}_append_only ON {table};
    DROP TRIGGER {table}_no_truncate ON {table};
    """
    return freeze, thaw
