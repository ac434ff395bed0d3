"""Model fields that Django lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:  # Django's fields cannot be subscripted when they run
    _Field = models.Field


class ExactDecimalField(_Field):
    """
    A decimal kept with exactly the digits it was given (PostgreSQL ``numeric`` without a scale).

    Hours and percentages decide who pays; a column with a fixed scale would round them silently.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else Decimal(str(value))

    def get_prep_value(self, value: Any) -> Decimal | None:
        return self.to_python(super().get_prep_value(value))
