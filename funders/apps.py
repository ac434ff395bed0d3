"""What the app tells others when it gets ready."""

from __future__ import annotations

from django.apps import AppConfig


class FundersConfig(AppConfig):
    name = "funders"

    def ready(self) -> None:
        """Say where people are (ADR 0017)."""
        from accounts.services.reminding import register_places  # noqa: PLC0415 - models exist only now
        from funders.selectors import places_of_people  # noqa: PLC0415

        register_places("funders", places_of_people)
