"""Words for how people come in."""

from django.db import models


class SignInWay(models.TextChoices):
    PASSWORD = "PASSWORD", "Email address and password"
    ORGANISATION = "ORGANISATION", "Your organisation’s sign-in"
