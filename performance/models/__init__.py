"""What is kept to tell how it is going."""

from performance.models.facts import AmountFact, FrozenMonth, OutcomeFact, PeopleFact, StaleMonth

__all__ = ["AmountFact", "FrozenMonth", "OutcomeFact", "PeopleFact", "StaleMonth"]
