"""Django's name for the shared app."""

from django.apps import AppConfig


class SharedConfig(AppConfig):
    name = "mhep.shared"
    label = "shared"
