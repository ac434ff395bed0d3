"""The business changes to what funders agreed to pay."""

from funders.services.programme import CannotStoreProgramme, set_closing_by_itself, store_programme

__all__ = ["CannotStoreProgramme", "set_closing_by_itself", "store_programme"]
