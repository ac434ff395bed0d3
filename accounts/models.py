"""Who can sign in, and what they are sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.enums import DigestState, Rhythm, Scope, SignInWay, Weekday
from accounts.rules import limits
from accounts.rules.digests import FIRST_HOUR, LAST_HOUR, USUAL_HOUR, WORKING_DAYS, Whereabouts, Wish
from mhep.shared.encryption import EncryptedTextField

_Row = TypeVar("_Row", bound=models.Model)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user who signs in with ``email``, compared without regard to case."""
        user = self.model(email=self.model.normal_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=self.model.normal_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """
    A person with a sign-in. What the person may see comes from memberships of organisations.

    ``is_machine`` marks the member that a token of the API acts as: it has no password and never signs in.
    """

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    is_machine = models.BooleanField(default=False, db_default=False)
    joined_at = models.DateTimeField(auto_now_add=True)
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    code_allowed_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    # Kind and key of the organisation for which the person works in this request; None for all of theirs.
    seat: tuple[str, int] | None = None

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_user_email_is_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def normal_email(text: str) -> str:
        return text.strip().lower()


class MembershipQuerySet(models.QuerySet[_Row]):
    """
    The memberships of one kind of organisation.

    Whatever a person may see or do is asked through :meth:`of`; so one who has chosen an organisation has the
    rows and the rights of that membership and of no other.
    """

    kind: ClassVar[str]  # as in the settings' MEMBERSHIPS, and the name of the field with the organisation

    def of(self, user: User) -> Self:
        """The user's memberships, or of them the one whose organisation the user has chosen."""
        own = self.filter(user=user)
        if user.seat is None:
            return own
        kind, place = user.seat
        return own.filter(**{self.kind: place}) if kind == self.kind else own.none()

    def people(self) -> Self:
        """Those of people, without the machine members that tokens of the API act as."""
        return self.filter(user__is_machine=False)


class SignIn(models.Model):
    """
    One browser in which somebody is signed in. It ends when this row goes: the next request is refused.

    The row, not the cookie, says how long it lasts, and for which organisation the person works in it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    way = models.CharField(max_length=20, choices=SignInWay)
    browser = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    confirmed_at = models.DateTimeField()
    seat_kind = models.CharField(max_length=20, blank=True)
    seat_place = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(way__in=SignInWay.values), name="accounts_signin_way_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(seat_kind="", seat_place=None)
                | (~models.Q(seat_kind="") & models.Q(seat_place__isnull=False)),
                name="accounts_signin_seat_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at:%Y-%m-%d}"

    @property
    def seat(self) -> tuple[str, int] | None:
        """Return the kind and key of the organisation that was chosen, if it is not all of them."""
        return None if self.seat_place is None else (self.seat_kind, self.seat_place)

    @property
    def ends_at(self) -> datetime:
        return limits.ends_at(self.began_at, self.seen_at)

    @property
    def seconds_left(self) -> int:
        """Return in how many seconds it ends if nothing more happens."""
        return max(int((self.ends_at - timezone.now()).total_seconds()), 0)

    def is_confirmed(self, at: datetime) -> bool:
        """Tell whether the person proved a moment ago who they are."""
        return limits.is_confirmed(self.confirmed_at, at)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open_at(self, at: datetime) -> InvitationQuerySet:
        """The invitations that can still be accepted."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """
    An address that may take a role at an organisation by opening a link.

    ``kind`` and ``place`` name the organisation; its app knows it (``accounts.services.memberships``).
    Nobody has invited the first administrator: whoever runs the system handed the link on.
    """

    email = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20)
    place = models.BigIntegerField()
    role = models.CharField(max_length=20)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_invitation_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None),
                name="accounts_invitation_accepted_or_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.place} {self.role}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable_at(self, at: datetime) -> ApiTokenQuerySet:
        """The tokens that are neither revoked nor over."""
        return self.filter(revoked_at=None, expires_at__gt=at)


class ApiToken(models.Model):
    """
    What a program of an organisation shows to be let in to the API; only its hash is kept.

    It acts as ``user``, a machine member of the organisation that ``kind`` and ``place`` name, with ``role``
    there. ``hint`` are its last characters, for people to tell tokens apart. ``window_began_at`` and
    ``window_count`` count the requests of the present minute.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="api_token")
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=4)
    kind = models.CharField(max_length=20)
    place = models.BigIntegerField()
    role = models.CharField(max_length=20)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    window_began_at = models.DateTimeField(null=True, blank=True)
    window_count = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("made_at")), name="accounts_apitoken_ends_later"
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_by=None)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="accounts_apitoken_revoked_by_somebody",
            ),
            models.CheckConstraint(condition=~models.Q(scopes=[]), name="accounts_apitoken_has_a_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.place} …{self.hint}"


class IdentityProvider(models.Model):
    """
    An organisation's own sign-in, by OpenID Connect.

    :ivar issuer: exactly as the provider calls itself; with several tenants, the tenant's own.
    :ivar required_acr: the levels of assurance of which the provider must name one, separated by spaces.
    :ivar is_sole: whether the organisation's people can sign in nowhere else.
    """

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    place = models.BigIntegerField()
    issuer = models.URLField(max_length=300, unique=True)
    client_id = models.CharField(max_length=200)
    client_secret = EncryptedTextField()
    required_acr = models.CharField(max_length=300, blank=True)
    is_sole = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "place"], name="accounts_identityprovider_one_each")
        ]

    def __str__(self) -> str:
        return self.code


class Identity(models.Model):
    """Who a person is at an organisation's own sign-in: the issuer and the subject, never an address."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.PROTECT, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    connected_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="accounts_identity_once"),
            models.UniqueConstraint(fields=["provider", "user"], name="accounts_identity_one_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.provider_id}"


class DigestWish(models.Model):
    """
    When a person wants the digest of what waits for them; whoever has no row gets the usual one.

    ``weekday`` counts in a weekly rhythm only. ``timezone`` is empty for the one of the person's programmes.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="digest_wish")
    rhythm = models.CharField(max_length=10, choices=Rhythm, default=Rhythm.DAILY)
    weekday = models.PositiveSmallIntegerField(choices=Weekday, default=Weekday.MONDAY)
    hour = models.PositiveSmallIntegerField(default=USUAL_HOUR)
    timezone = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rhythm__in=Rhythm.values), name="accounts_digestwish_rhythm_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(weekday__in=Weekday.values), name="accounts_digestwish_weekday_is_one"
            ),
            models.CheckConstraint(
                condition=models.Q(hour__gte=FIRST_HOUR, hour__lte=LAST_HOUR),
                name="accounts_digestwish_hour_is_not_at_night",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.rhythm}"

    def wish(self, place: Whereabouts) -> Wish:
        """Return the wish as the rules take it; ``place`` is where the person's programmes are."""
        weekdays = {
            Rhythm.OFF: frozenset[int](),
            Rhythm.DAILY: WORKING_DAYS,
            Rhythm.WEEKLY: frozenset({self.weekday}),
        }
        return Wish(weekdays[Rhythm(self.rhythm)], self.hour, self.timezone or place.zone, place.country)


class Digest(models.Model):
    """
    That one person's digest of one day was looked at, and how it ended: at most once, by its constraint.

    Written before anything is worked out. What has ended is never begun again; a trigger says so.

    :ivar things: how many things it told of.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digests")
    day = models.DateField()
    state = models.CharField(max_length=10, choices=DigestState, default=DigestState.SENDING)
    things = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=1)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "user"], name="accounts_digest_one_a_person_and_day"),
            models.CheckConstraint(
                condition=models.Q(state__in=DigestState.values), name="accounts_digest_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[DigestState.SENDING, DigestState.AWAY], ended_at=None)
                | (
                    ~models.Q(state__in=[DigestState.SENDING, DigestState.AWAY])
                    & models.Q(ended_at__isnull=False)
                ),
                name="accounts_digest_ended_with_its_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=DigestState.SENT) | models.Q(things__gte=1),
                name="accounts_digest_sent_only_if_something_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day} {self.state}"
