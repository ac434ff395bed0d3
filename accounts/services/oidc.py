"""
Signing in at an organisation's own identity provider: OpenID Connect, authorization code with PKCE.

Nothing is taken from the browser on trust: what comes back must answer the question that this very session
asked, and the ID token must be signed by the provider's published key, for us, now, and for this question.
Who somebody is, is the pair of issuer and subject. E-mail addresses are never compared.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from django.conf import settings

from accounts.models import IdentityProvider

ALGORITHMS = ("RS256", "PS256", "ES256")  # public keys only: a shared secret would let the key's readers sign
TIMEOUT = 5  # seconds
LEEWAY = 30  # seconds by which clocks may differ
ANSWER_WITHIN = timedelta(minutes=10)
MOST_BYTES = 1_000_000
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SignInRefused(Exception):
    """What came back does not prove who somebody is. The text is for the log, not for people."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one session asked a provider, kept in that session until the answer."""

    provider: int
    state: str
    nonce: str
    verifier: str
    asked_at: float
    max_age: int | None = None

    @classmethod
    def new(cls, provider: IdentityProvider, *, at: datetime, max_age: int | None = None) -> Question:
        """:param max_age: how many seconds ago the person may have proved at the provider who they are."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(provider.pk, state, nonce, verifier, at.timestamp(), max_age)


@dataclass(frozen=True, slots=True)
class Answer:
    """Who somebody is, says the provider."""

    issuer: str
    subject: str
    name: str


def address_to_ask(provider: IdentityProvider, question: Question, *, redirect_uri: str) -> str:
    """
    Return where to send the browser.

    :raises SignInRefused: if the provider does not say where that is, or says something else than agreed.
    """
    challenge = hashlib.sha256(question.verifier.encode()).digest()
    parameters = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid profile",
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if provider.required_acr:
        parameters["acr_values"] = provider.required_acr
    if question.max_age is not None:
        parameters |= {"max_age": str(question.max_age), "prompt": "login"}
    endpoint = _endpoint(_configuration(provider), "authorization_endpoint")
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(parameters)}"


def read_answer(
    provider: IdentityProvider,
    question: Question | None,
    given: Mapping[str, str],
    *,
    redirect_uri: str,
    at: datetime,
) -> Answer:
    """
    Return who the provider says somebody is.

    :param question: what the session asked; None if it asked nothing.
    :param given: the parameters with which the browser came back.
    :raises SignInRefused: if anything does not fit.
    """
    if question is None or question.provider != provider.pk:
        raise SignInRefused("this browser did not ask this provider")
    if at.timestamp() - question.asked_at > ANSWER_WITHIN.total_seconds():
        raise SignInRefused("the answer came too late")
    if not hmac.compare_digest(given.get("state", "").encode(), question.state.encode()):
        raise SignInRefused("state differs")
    configuration = _configuration(provider)
    _check_issuer_of_response(provider, configuration, given)
    if "error" in given or not given.get("code"):
        raise SignInRefused(f"the provider refused: {given.get('error', 'no code')[:60]}")
    token = _id_token(provider, configuration, question, given["code"], redirect_uri)
    claims = _claims(provider, configuration, token)
    _check_claims(provider, question, claims, at)
    return Answer(claims["iss"], str(claims["sub"]), str(claims.get("name", ""))[:200])


def _configuration(provider: IdentityProvider) -> dict[str, Any]:
    """Return what the provider publishes about itself, if it calls itself what we were told."""
    found = _get(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise SignInRefused("the provider calls itself something else")
    return found


def _check_issuer_of_response(
    provider: IdentityProvider, configuration: Mapping[str, Any], given: Mapping[str, str]
) -> None:
    """Refuse an answer that another provider gave (RFC 9207)."""
    named = given.get("iss")
    must_name = configuration.get("authorization_response_iss_parameter_supported") is True
    if named != provider.issuer and (must_name or named is not None):
        raise SignInRefused("another provider answered")


def _id_token(
    provider: IdentityProvider,
    configuration: Mapping[str, Any],
    question: Question,
    code: str,
    redirect_uri: str,
) -> str:
    """Exchange the code for an ID token."""
    found = _send(
        "POST",
        _endpoint(configuration, "token_endpoint"),
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": question.verifier,
        },
        auth=(provider.client_id, provider.client_secret),
    )
    token = found.get("id_token")
    if not isinstance(token, str):
        raise SignInRefused("no ID token")
    return token


def _claims(provider: IdentityProvider, configuration: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Return what the ID token says, if the provider signed it for us and it is valid now."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise SignInRefused(f"signed with {algorithm}")
        key = _key(_get(_endpoint(configuration, "jwks_uri")), header.get("kid"), algorithm)
        found: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
    except jwt.PyJWTError as error:
        raise SignInRefused(f"the ID token is not valid: {type(error).__name__}") from error
    return found


def _key(published: Mapping[str, Any], name: str | None, algorithm: str) -> jwt.PyJWK:
    """Return the key with which the token says that it was signed."""
    keys = [each for each in published.get("keys", []) if isinstance(each, dict)]
    fitting = [each for each in keys if each.get("kid") == name and each.get("use", "sig") == "sig"]
    if len(fitting) != 1 or fitting[0].get("kty") not in {"RSA", "EC"}:
        raise SignInRefused("no such key")
    return jwt.PyJWK(fitting[0], algorithm=algorithm)


def _check_claims(
    provider: IdentityProvider, question: Question, claims: Mapping[str, Any], at: datetime
) -> None:
    """Refuse a token for another question or another client, or of too weak or too old a proof."""
    if not hmac.compare_digest(str(claims["nonce"]).encode(), question.nonce.encode()):
        raise SignInRefused("nonce differs")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else provider.client_id) != provider.client_id:
        raise SignInRefused("meant for another client")
    if provider.required_acr and claims.get("acr") not in provider.required_acr.split():
        raise SignInRefused("not sure enough who it is")
    if question.max_age is not None:
        proved_at = claims.get("auth_time")
        if not isinstance(proved_at, int) or proved_at + question.max_age + LEEWAY < at.timestamp():
            raise SignInRefused("proved too long ago")


def _endpoint(configuration: Mapping[str, Any], name: str) -> str:
    """Return an address of the provider; only a demo may use one without TLS, and only on this machine."""
    address = str(configuration.get(name, ""))
    parts = urlsplit(address)
    is_local = settings.DEMO and parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (parts.scheme == "https" or is_local) or not parts.hostname:
        raise SignInRefused(f"{name} is not an address with TLS")
    return address


def _get(address: str) -> dict[str, Any]:
    return _send("GET", _endpoint({"it": address}, "it"))


def _send(method: str, address: str, **arguments: Any) -> dict[str, Any]:
    """Return the JSON object that the provider answers. Redirects are not followed."""
    try:
        with requests.request(
            method, address, timeout=TIMEOUT, allow_redirects=False, stream=True, **arguments
        ) as answer:
            content = answer.raw.read(MOST_BYTES + 1, decode_content=True)
            if answer.status_code != requests.codes.ok or len(content) > MOST_BYTES:
                raise SignInRefused(f"{urlsplit(address).path} answered {answer.status_code}")
            found = json.loads(content)
    except (requests.RequestException, ValueError) as error:
        raise SignInRefused(f"{urlsplit(address).path} did not answer: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise SignInRefused(f"{urlsplit(address).path} answered no object")
    return found
