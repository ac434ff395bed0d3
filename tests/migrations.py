"""
Prove the migrations on an empty database: ``python -m tests.migrations``.

They match the models, run forwards, run backwards to nothing, and run forwards again.
"""

from __future__ import annotations

import os
import sys

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from mhep.postgres_programs import CannotStart
from tests.__main__ import private_server


def prove() -> None:
    """
    Take the migrations forwards and backwards on the default database, which must be empty.

    :raises SystemExit: if the models have changed without a migration.
    """
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    call_command("migrate", verbosity=0)
    forwards = len(MigrationLoader(connection).applied_migrations)
    for label in reversed([config.label for config in apps.get_app_configs()]):
        if label in MigrationLoader(connection).migrated_apps:
            call_command("migrate", label, "zero", verbosity=0)
    left = MigrationRecorder(connection).applied_migrations()
    if left:
        raise SystemExit(f"These migrations cannot be undone: {sorted(left)}")
    call_command("migrate", verbosity=0)
    sys.stdout.write(f"{forwards} migrations ran forwards, backwards and forwards again.\n")


def main() -> int:
    """Prove the migrations on a private server; return the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mhep.settings.test")
    try:
        with private_server() as home:
            os.environ["DATABASE_URL"] = os.environ["MHEP_OWNER_DATABASE_URL"] = home.url("mhep_owner")
            django.setup()
            prove()
            connection.close()
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
