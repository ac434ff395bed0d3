"""
A provider of identities for the tests: OpenID Connect with the authorization code and PKCE, on this machine.

``python -m tests.accounts.oidc_provider`` prints its port. Below ``/a`` and ``/b`` are two tenants with keys
of their own. It holds to the standard, unless ``POST /a/next`` says what to do wrong from then on:
``claims`` to replace (null leaves one out), ``algorithm``, ``sign_as`` another tenant, ``calls_itself``, or
parameters to replace in the ``response``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "mhep", "the secret of the tests"
KEY_NAME = "key-1"  # of both tenants: a name proves nothing


class Tenant:
    """One organisation at the provider."""

    def __init__(self, site: str, name: str) -> None:
        self.issuer = f"{site}/{name}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.person: dict[str, Any] = {"sub": f"{name}-1", "name": "Somebody"}
        self.next: dict[str, Any] = {}

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.next.get("calls_itself", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_NAME, "use": "sig", "alg": "RS256"}]}

    def code_for(self, asked: dict[str, str]) -> str:
        """Return the address to which the browser goes back, with a code; PKCE is required."""
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(24)
        self.codes[code] = asked
        response = {"code": code, "state": asked["state"], "iss": self.issuer}
        response |= self.next.get("response", {})
        return f"{asked['redirect_uri']}?{urlencode(response)}"

    def token_for(self, given: dict[str, str]) -> dict[str, Any] | None:
        """Return tokens for a code that fits its question, once; None if it does not."""
        asked = self.codes.pop(given.get("code", ""), None)
        challenge = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or given.get("grant_type") != "authorization_code"
            or given.get("redirect_uri") != asked["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return None
        return {
            "access_token": secrets.token_urlsafe(),
            "token_type": "Bearer",
            "id_token": self.token(asked),
        }

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked["nonce"],
            "acr": "high",
            **self.person,
            **self.next.get("claims", {}),
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signer = TENANTS[self.next.get("sign_as", self.issuer[-1])]
        return signed(claims, self.next.get("algorithm", "RS256"), signer.key)


TENANTS: dict[str, Tenant] = {}


def signed(claims: dict[str, Any], algorithm: str, key: rsa.RSAPrivateKey) -> str:
    """Return the claims as a token, signed rightly (RS256) or as a forger would."""
    if algorithm == "RS256":
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_NAME})
    parts = [_coded({"alg": algorithm, "kid": KEY_NAME, "typ": "JWT"}), _coded(claims)]
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    mac = hmac.digest(public, ".".join(parts).encode(), "sha256") if algorithm == "HS256" else b""
    return ".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=").decode()])


def _coded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Handler(BaseHTTPRequestHandler):
    """The addresses of the tenants."""

    def do_GET(self) -> None:
        tenant, path, query = self._parts()
        if path == ".well-known/openid-configuration":
            self._json(tenant.configuration())
        elif path == "keys":
            self._json(tenant.keys())
        elif path == "authorize":
            self.send_response(302)
            self.send_header("Location", tenant.code_for(query))
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        tenant, path, _ = self._parts()
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if path == "next":
            given = json.loads(content)
            tenant.person = given.pop("person", tenant.person)
            tenant.next = given
            self._json({})
        elif path == "token" and self._is_client():
            found = tenant.token_for(dict(parse_qsl(content)))
            self._json(found or {"error": "invalid_grant"}, 200 if found else 400)
        else:
            self._json({"error": "invalid_client"}, 401)

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests do."""

    def _is_client(self) -> bool:
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        return hmac.compare_digest(self.headers.get("Authorization", ""), f"Basic {expected}")

    def _parts(self) -> tuple[Tenant, str, dict[str, str]]:
        address = urlsplit(self.path)
        _, name, path = address.path.split("/", 2)
        return TENANTS[name], path, {key: values[0] for key, values in parse_qs(address.query).items()}

    def _json(self, value: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = f"http://127.0.0.1:{server.server_port}"
    TENANTS.update({name: Tenant(site, name) for name in ("a", "b")})
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
