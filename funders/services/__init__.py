"""The business changes to what funders agreed to pay."""

from funders.services.programme import CannotStoreProgramme, store_programme

__all__ = ["CannotStoreProgramme", "store_programme"]
