"""``manage.py rotate_field_keys``: encrypt everything anew with the first of FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from accounts.services.second_step import encrypt_secrets_anew
from mhep.shared.commands import PlainCommand
from mhep.shared.encryption import EncryptedTextField, current_key, encrypt_anew, encrypted_fields
from mhep.shared.row_security import providers_in_scope
from providers.models import Provider


class Command(PlainCommand):
    help = "Encrypt what older keys encrypted with the first of FIELD_KEYS; then the older ones may go."

    def handle(self, *args: Any, **options: Any) -> None:
        providers = list(Provider.objects.values_list("pk", flat=True))
        for model, field in encrypted_fields():
            count = 0
            while written := self._batch(providers, model, field):
                count += written
            self.stdout.write(f"{model._meta.label}.{field.name}: {count}")  # noqa: SLF001
        self.stdout.write(f"Secrets of second steps: {encrypt_secrets_anew()}")
        self.stdout.write(f"Everything is encrypted with the key {current_key()}.")

    def _batch(self, providers: list[int], model: type[Model], field: EncryptedTextField) -> int:
        """Write some rows in a transaction of their own, so that nobody waits for all of them."""
        with providers_in_scope(providers):
            return encrypt_anew(model, field)
