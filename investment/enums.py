"""Words of the investment, as the database keeps them."""

from django.db import models


class Step(models.TextChoices):
    """Whom the waterfall provides for; the values are those of :class:`investment.rules.waterfall.Tier`."""

    COSTS = "COSTS", "Kept for the operator’s costs"
    PROVIDERS = "PROVIDERS", "Kept for providers"
    INTEREST = "INTEREST", "Interest to the investor"
    PRINCIPAL = "PRINCIPAL", "Principal to the investor"


class InvestorMovementKind(models.TextChoices):
    """What went between investor and operator, as :class:`investment.rules.facility.MovementKind`."""

    DRAWDOWN = "DRAWDOWN", "Drawdown"
    INTEREST = "INTEREST", "Interest paid"
    PRINCIPAL = "PRINCIPAL", "Principal repaid"
    RESIDUAL = "RESIDUAL", "Share of what is left"
