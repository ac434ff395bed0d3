"""Who stands behind each agreement, under the name that the programme's file gives them."""

from __future__ import annotations

from collections.abc import Collection

from funders.models import Programme


def party_names(programme: Programme) -> dict[int, str]:
    """Return the funder's or provider's name by the agreement's key, in two queries."""
    providers = dict(programme.provider_entries.values_list("provider_id", "name"))
    return {
        key: funder or providers.get(provider, "")
        for key, funder, provider in programme.agreements.values_list("pk", "funder__name", "provider_id")
    }


def agreements_of_providers(programme: Programme, providers: Collection[int]) -> frozenset[int]:
    """Return the keys of the programme's contracts with these providers."""
    return frozenset(programme.agreements.filter(provider__in=providers).values_list("pk", flat=True))
