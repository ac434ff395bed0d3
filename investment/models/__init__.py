"""What the social investor put in, and what it gets back."""

from investment.models.facilities import Distribution, DistributionStep, Facility, InvestorMovement
from investment.models.forecasts import Forecast, ForecastMonth

__all__ = ["Distribution", "DistributionStep", "Facility", "Forecast", "ForecastMonth", "InvestorMovement"]
