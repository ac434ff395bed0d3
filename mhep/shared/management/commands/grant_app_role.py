"""``manage.py grant_app_role ROLE``: what the running application may do to each table, and no more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from psycopg2 import sql

APPEND_ONLY = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
    WHERE tgfoid = 'mhep_refuse_change'::regproc AND tgname LIKE '%%\\_append\\_only'
"""
NEVER_UPDATED = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
    WHERE tgfoid = 'mhep_refuse_change'::regproc AND tgname LIKE '%%\\_never\\_updated'
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


class Command(BaseCommand):
    help = "Grant the application's role its rights; run as the owner after each migration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", nargs="?", default="mhep_app")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        role = sql.Identifier(options["role"])
        with connection.cursor() as cursor:
            append_only, never_updated, tables = (
                self._names(cursor, query) for query in (APPEND_ONLY, NEVER_UPDATED, TABLES)
            )
            cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
            cursor.execute(
                sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role)
            )
            for table in sorted(tables):
                rights = {"SELECT", "INSERT", "UPDATE", "DELETE"}
                if table in append_only:
                    rights -= {"UPDATE", "DELETE"}
                if table in never_updated:
                    rights -= {"UPDATE"}
                if table == "django_migrations":
                    rights = {"SELECT"}
                cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(table), role))
                cursor.execute(
                    sql.SQL("GRANT {} ON {} TO {}").format(
                        sql.SQL(", ").join(map(sql.SQL, sorted(rights))), sql.Identifier(table), role
                    )
                )

    def _names(self, cursor: Any, query: str) -> set[str]:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}
