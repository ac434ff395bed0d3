"""
Month facts and the commissioner's page at the baselines' sizes: ``python bench/facts.py SIZE``.

Works on a fresh copy of the database that ``close.py prepare`` made: counts all facts from nothing, closes
MONTH, counts what that made stale, and then opens the page of one programme again and again, beside a page
that shows nothing but who is signed in.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

from close import MONTH, close_through, work_on
from common import measured

LOOKS = 15  # times that a page is opened


def main(size: str) -> None:
    work_on("before", size)
    from funders.models import Programme  # noqa: PLC0415
    from performance.services.facts import rebuild_facts, refresh_facts  # noqa: PLC0415

    programmes = list(Programme.objects.order_by("pk"))
    with measured("facts from nothing", size=size, programmes=len(programmes)):
        for programme in programmes:
            rebuild_facts(programme_id=programme.pk)
    with measured("close of all", size=size, month=MONTH) as close:
        close_through(size, MONTH)
    with measured("refresh after it", size=size) as refresh:
        for programme in programmes:
            refresh_facts(programme_id=programme.pk)
    say("refresh over close", size, ratio=refresh.wall_s / close.wall_s)
    look(size, programmes[0].pk)


def look(size: str, programme: int) -> None:
    """Open the page as the operator and as one funder, beside a page of the same frame without figures."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from funders.models import FunderMember, Programme  # noqa: PLC0415
    from providers.models import OperatorMember  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["*"]
    found = Programme.objects.get(pk=programme)
    people = {name: User.objects.create_user(f"{name}@example.org", name=name) for name in ("runs", "funds")}
    OperatorMember.objects.create(operator=found.operator, user=people["runs"], role="ANALYST")
    FunderMember.objects.create(funder=found.funders.all()[0], user=people["funds"])
    for name, person in people.items():
        client = Client()
        client.force_login(person)
        client.get("/account/")
        plain = timed(lambda: client.get("/metrics/"))  # noqa: B023 - called at once
        page = timed(lambda: client.get(f"/performance/{found.code}/"))  # noqa: B023 - called at once
        say(f"page of who {name}", size, p50_ms=page, plain_p50_ms=plain, ratio=page / plain)


def timed(opened: Callable[[], object]) -> float:
    """Return the median milliseconds of opening something, the first time left out."""
    opened()
    took = []
    for _ in range(LOOKS):
        begun = time.perf_counter()
        opened()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def say(name: str, size: str, **figures: float) -> None:
    print(json.dumps({"name": name, "size": size} | {key: f"{value:.3f}" for key, value in figures.items()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size")
    main(parser.parse_args().size)
