#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from mhep.patience import this_is


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mhep.settings.dev")
    this_is("migrate" if sys.argv[1:2] == ["migrate"] else "command")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (settings come first)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
