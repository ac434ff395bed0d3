"""Webhooks: thin, signed, told once under one id, tried again for days, never sent inside of our walls."""

from __future__ import annotations

import base64
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from mhep.shared.models import Delivery, HappeningType, Webhook
from mhep.shared.webhooks import sending, services
from mhep.shared.webhooks.guard import ForbiddenAddress, target_of
from mhep.shared.webhooks.sending import KEPT_FOR, LEASE, PAUSES, collect, forget_deliveries, send_due
from mhep.shared.webhooks.signing import headers_of, new_secret
from outcomes.enums import Rule
from outcomes.models import OutcomeEvent
from outcomes.services.verification import query_event, verify_event
from tests.api.callers import caller_as
from tests.api.sink import Sink, receiving
from tests.cast import Cast, close

pytestmark = pytest.mark.django_db
EVERYTHING = list(HappeningType.values)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with receiving() as opened:
        yield opened


def hook(cast: Cast, url: str, *, kind: str = "operator", types: list[str] | None = None) -> Webhook:
    """Make a webhook of an organisation of the small programme, told from now on."""
    places = {
        "operator": cast.programme.operator_id,
        "provider": cast.programme.services.get().provider_id,
        "funder": cast.programme.funders.get(code="EALING").pk,
    }
    return services.make_webhook(
        kind=kind,
        place=places[kind],
        url=url,
        types=types or EVERYTHING,
        made_by_id=cast.administrator.pk,
        at=timezone.now() - timedelta(minutes=1),  # the steps of a test have the time at which it began
    )


def ask(cast: Cast) -> OutcomeEvent:
    """Let a verifier ask about the outcome that waits."""
    event = OutcomeEvent.objects.get(reference="E-005")
    query_event(
        event_id=event.pk, about=Rule.DATE, question="Which day?", actor=cast.finance, at=timezone.now()
    )
    return event


def tell() -> int:
    collect(timezone.now())
    return send_due(timezone.now)


def test_a_message_says_what_happened_and_where_to_ask_and_nothing_of_anybody(cast: Cast, sink: Sink) -> None:
    hook(cast, sink.url)
    ask(cast)
    assert tell() == 1
    (_, body), said = sink.got[0], json.loads(sink.got[0][1])
    assert (said["type"], said["data"]["programme"]) == ("outcome.queried", "WL-IPS")
    path = said["data"]["url"].partition("/api/v1/")[2]
    assert caller_as(cast.analyst).get(path).json()["question"] == "Which day?"
    for word in (b"E-005", b"P-002", b"Which day", b"Ealing"):
        assert word not in body


def test_a_message_is_signed_as_standard_webhooks_says() -> None:
    """The vector of the standard's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105
    headers = headers_of(
        key="msg_p5jXN8AQM9LWM0D4loKWxJek", at=1614265330, body=b'{"test": 2432232314}', among=[secret]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_changes_both_sign_and_afterwards_the_new_one_alone(cast: Cast, sink: Sink) -> None:
    before = hook(cast, sink.url)
    after = services.rotate_secret(before.pk, at=timezone.now())
    ask(cast)
    tell()
    headers, body = sink.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = [_signature(each.secret, signed) for each in (after, before)]
    assert headers["webhook-signature"].split() == expected
    assert after.secrets_at(timezone.now() + timedelta(hours=25)) == [after.secret]
    assert new_secret() != new_secret()


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def test_each_organisation_hears_of_its_own_only(cast: Cast, sink: Sink) -> None:
    hooks = {kind: hook(cast, sink.url, kind=kind) for kind in ("operator", "provider", "funder")}
    ask(cast)
    close(cast.programme, "2026-04")
    collect(timezone.now())
    heard = {
        kind: set(Delivery.objects.filter(webhook=each).values_list("type", flat=True))
        for kind, each in hooks.items()
    }
    assert heard["provider"] == {"outcome.queried"}
    assert heard["operator"] >= {"outcome.queried"}
    assert "outcome.queried" not in heard["funder"]


def test_documents_are_told_to_their_funder_and_the_operator(cast: Cast, sink: Sink) -> None:
    with time_machine.travel("2026-07-03T08:00:00Z"):
        funder, provider = hook(cast, sink.url, kind="funder"), hook(cast, sink.url, kind="provider")
    close(cast.programme, "2026-04")
    collect(timezone.now())
    (told,) = Delivery.objects.filter(webhook=funder)
    assert (told.type, told.path.rpartition("/")[0]) == (
        "document.issued",
        "/api/v1/programmes/WL-IPS/documents",
    )
    assert caller_as(cast.commissioner).get(told.path.removeprefix("/api/v1/")).status_code == 200
    assert not Delivery.objects.filter(webhook=provider, type="document.issued").exists()


def test_only_what_was_chosen_and_what_happens_from_then_on_is_told(cast: Cast, sink: Sink) -> None:
    hook(cast, sink.url, types=["document.issued"])
    later = hook(cast, sink.url)
    Webhook.objects.filter(pk=later.pk).update(told_from_at=timezone.now())
    ask(cast)
    assert tell() == 0


def test_collecting_twice_tells_once(cast: Cast, sink: Sink) -> None:
    hook(cast, sink.url)
    ask(cast)
    assert (collect(timezone.now()), collect(timezone.now())) == (1, 0)
    assert (send_due(timezone.now), send_due(timezone.now)) == (1, 0)
    assert len(sink.got) == 1


def test_a_message_that_does_not_arrive_is_tried_for_days_under_its_id(cast: Cast, sink: Sink) -> None:
    hook(cast, sink.url)
    ask(cast)
    collect(timezone.now())
    sink.answers = [500] * (len(PAUSES) + 1)
    now = timezone.now()
    for pause in (timedelta(0), *PAUSES):
        now += pause * 1.2
        send_due(lambda: now)  # noqa: B023 (called before the next turn)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("FAILED", len(PAUSES) + 1)
    assert len(set(sink.ids)) == 1
    assert sum(PAUSES, timedelta()) > timedelta(days=3)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_only_2xx_is_an_arrival_and_nothing_is_followed(cast: Cast, sink: Sink, status: int) -> None:
    hook(cast, sink.url)
    ask(cast)
    sink.answers = [status]
    assert tell() == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_status, len(sink.got)) == ("WAITING", status, 1)
    assert (
        timedelta(seconds=4) < delivery.due_at - timezone.now() + timedelta(seconds=1) < timedelta(seconds=8)
    )


def test_gone_switches_a_webhook_off(cast: Cast, sink: Sink) -> None:
    webhook = hook(cast, sink.url)
    ask(cast)
    sink.answers = [410]
    tell()
    webhook.refresh_from_db()
    assert webhook.disabled_because == "The receiver answered that it is gone (410)"
    assert (collect(timezone.now()), send_due(timezone.now)) == (0, 0)


def test_one_that_does_not_answer_keeps_no_other_waiting(cast: Cast, sink: Sink) -> None:
    with receiving() as gone:
        hook(cast, gone.url)
    hook(cast, sink.url)
    ask(cast)
    assert tell() == 1
    (waiting,) = Delivery.objects.filter(state="WAITING")
    assert waiting.last_said == "No answer (ConnectionRefusedError)"


def test_q9_cut_off_between_sent_and_marked_it_comes_once_more_under_the_same_id(
    cast: Cast, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook(cast, sink.url)
    ask(cast)
    collect(timezone.now())
    original, now = sending._note, timezone.now()
    for _ in range(100):
        Delivery.objects.update(state="WAITING", attempts=0, due_at=now, sent_at=None)
        sink.got.clear()
        monkeypatch.setattr(sending, "_note", _dies)
        with pytest.raises(KeyboardInterrupt):
            send_due(lambda: now)
        monkeypatch.setattr(sending, "_note", original)
        assert send_due(lambda: now) == 0
        assert send_due(lambda: now + LEASE) == 1
        assert send_due(lambda: now + 2 * LEASE) == 0
        assert len(sink.ids) == 2
        assert len(set(sink.ids)) == 1


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


# W11: none of these is a place to which anything is sent.
ADDRESSES = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",  # noqa: S104
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::7]",
    "[ff02::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[2002:7f00:1::]",
    "[64:ff9b::a9fe:a9fe]",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "localhost",
]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where somebody wanted to connect to; nothing is connected."""
    tried: list[Any] = []

    def refuse(address: Any, *_: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


@pytest.mark.parametrize("host", ADDRESSES)
def test_w11_nothing_inside_is_ever_connected_to(cast: Cast, host: str, connections: list[Any]) -> None:
    webhook = hook(cast, "https://hooks.example.org/")
    Webhook.objects.filter(pk=webhook.pk).update(url=f"https://{host}/")
    ask(cast)
    assert tell() == 0
    assert connections == []
    assert Delivery.objects.get().last_said != ""


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "https://user:word@hooks.example.org/",
        "https://hooks.example.org:22/",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/\r\nX: y",
        "https:///path",
        "https://[::1",
        "https://bücher.example/",
    ],
)
def test_w11_other_addresses_are_refused_when_they_are_typed(cast: Cast, url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        hook(cast, url)


def test_w11_a_name_that_changes_its_mind_gains_nothing(
    cast: Cast, connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [_found("93.184.215.14"), _found("127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    hook(cast, "https://rebinds.example.org/")
    ask(cast)
    tell()
    assert connections == [("93.184.215.14", 443)]


def test_w11_one_address_inside_among_others_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    both = _found("93.184.215.14") + _found("10.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(ForbiddenAddress):
        target_of("https://both.example.org/")


def _found(ip: str) -> list[tuple[Any, ...]]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443))]


def test_an_administrator_makes_one_sees_its_deliveries_and_sends_again(
    cast: Cast, client: Client, sink: Sink
) -> None:
    client.force_login(cast.administrator)
    address = f"/people/{cast.programme.operator.code}/webhooks/"
    form = client.get(address).context["form"]
    place = next(value for value, label in form.fields["place"].choices if value.startswith("operator"))
    sent = {"url": sink.url, "place": place, "types": ["outcome.verified"]}
    made = client.post(address, sent, follow=True)
    webhook = Webhook.objects.get()
    Webhook.objects.update(told_from_at=timezone.now() - timedelta(minutes=1))
    assert webhook.secret in made.text
    page = made.request["PATH_INFO"]
    assert webhook.secret not in client.get(page).text
    event = OutcomeEvent.objects.get(reference="E-005")
    verify_event(event_id=event.pk, actor=cast.finance, at=timezone.now())
    assert tell() == 1
    shown = client.get(page)
    assert "An outcome was verified" in shown.text
    (again,) = [part for part in shown.text.split('"') if part.endswith("/replay/")]
    client.post(again)
    assert tell() == 1
    assert len(set(sink.ids)) == 1 < len(sink.ids)
    client.post(page, {"do": "rotate"})
    client.post(page, {"do": "off"})
    assert Webhook.objects.get().disabled_because == "Switched off"
    client.post(page, {"do": "on"})
    done = set(AuditEvent.objects.filter(action__startswith="webhook.").values_list("action", flat=True))
    assert done == {
        "webhook.made",
        "webhook.delivery_repeated",
        "webhook.secret_changed",
        "webhook.switched_off",
        "webhook.switched_on",
    }


def test_deliveries_are_forgotten_after_a_month(cast: Cast, sink: Sink) -> None:
    hook(cast, sink.url)
    ask(cast)
    tell()
    now: Callable[[], datetime] = timezone.now
    assert forget_deliveries(now() + KEPT_FOR / 2) == 0
    assert forget_deliveries(now() + KEPT_FOR * 2) == 1
