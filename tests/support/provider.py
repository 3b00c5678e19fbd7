"""A provider of OpenID Connect for tests: a server of its own that speaks it over HTTP.

It logs in whoever `person` is, at once, and can do everything a good provider never does.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from tests.support.serving import serving

CLIENT, SECRET = "aliquot", "a secret/with:odd letters, and long enough"
PERSON = {"sub": "248289761001", "email": "jane@lab.example.org", "email_verified": True}


@dataclass
class Key:
    """A signing key with its name."""

    algorithm: str = "RS256"
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    private: Any = None

    def __post_init__(self) -> None:
        if self.private is None and self.algorithm.startswith("ES"):
            self.private = ec.generate_private_key(ec.SECP256R1())
        elif self.private is None:
            self.private = rsa.generate_private_key(65537, 2048)

    def public(self) -> dict[str, Any]:
        """As it is published."""
        kind = (
            jwt.algorithms.ECAlgorithm if self.algorithm[0] == "E" else jwt.algorithms.RSAAlgorithm
        )
        made: dict[str, Any] = kind.to_jwk(self.private.public_key(), as_dict=True)
        return {**made, "kid": self.name, "use": "sig", "alg": self.algorithm}


@dataclass
class Code:
    """A code that was given out, and for what."""

    query: dict[str, str]
    person: dict[str, Any]


@dataclass
class OpenIdProvider:
    """What it does can be changed while it runs."""

    path: str = ""
    address: str = ""
    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    groups: list[str] = field(default_factory=list)  # by Graph
    keys: list[Key] = field(default_factory=lambda: [Key()])
    skew: float = 0.0
    lifetime: float = 300.0
    hangs: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)
    redirects: set[str] = field(default_factory=set)
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[dict[str, Any], Key], str] | None = None
    document: dict[str, Any] = field(default_factory=dict)
    says_issuer: bool = True
    codes: dict[str, Code] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """Its name, which is its address."""
        return f"{self.address}{self.path}"

    def rotate(self, algorithm: str = "RS256") -> None:
        """A new key takes the place of all others."""
        self.keys = [Key(algorithm)]

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """A token of its own."""
        key = self.keys[0]
        headers = {"kid": key.name, **header}
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers=headers)

    def log_out_token(self, **claims: Any) -> str:
        """What it sends when somebody has logged out there."""
        event = "http://schemas.openid.net/event/backchannel-logout"
        now = int(time.time())
        made = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120,
                "jti": secrets.token_hex(8), "events": {event: {}}, **claims}  # fmt: skip
        return self.signed({k: v for k, v in made.items() if v is not None}, typ="logout+jwt")

    def id_token(self, code: Code, access_token: str) -> str:
        """Who logged in, for this client."""
        key, now = self.keys[0], time.time() + self.skew
        half = hashlib.new(f"sha{key.algorithm[-3:]}", access_token.encode()).digest()[:16]
        self.sessions.append(secrets.token_hex(8))
        claims = {
            "iss": self.issuer, "aud": code.query["client_id"], "iat": int(now),
            "exp": int(now + self.lifetime), "nonce": code.query.get("nonce"),
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "sid": self.sessions[-1], **code.person,
        }  # fmt: skip
        claims = self.change(claims)
        return self.sign(claims, key) if self.sign else self.signed(claims)

    def app(self) -> FastAPI:
        """Its routes."""
        app = FastAPI()

        @app.middleware("http")
        async def disturbed(request: Request, go_on: Any) -> Response:
            name = request.url.path.rpartition("/")[2]
            self.asked.append(name)
            while name in self.hangs:
                await asyncio.sleep(0.05)
            if name in self.breaks:
                return Response("<h1>Bad gateway</h1>", 502)
            if name in self.redirects:
                return RedirectResponse(f"{self.address}/elsewhere")
            answer: Response = await go_on(request)
            return answer

        at = self.path
        app.get(f"{at}/.well-known/openid-configuration")(self._document)
        app.get(f"{at}/authorize")(self._authorize)
        app.post(f"{at}/token")(self._token)
        app.get(f"{at}/keys")(self._keys)
        app.get(f"{at}/userinfo")(self._userinfo)
        app.post("/graph/me/getMemberObjects")(self._graph)
        return app

    async def _document(self) -> Response:
        made = {
            "issuer": self.issuer,
            **{
                name: f"{self.issuer}/{path}"
                for name, path in (
                    ("authorization_endpoint", "authorize"), ("token_endpoint", "token"),
                    ("jwks_uri", "keys"), ("userinfo_endpoint", "userinfo"),
                    ("end_session_endpoint", "logout"),
                )
            },
            "authorization_response_iss_parameter_supported": self.says_issuer,
            **self.document,
        }  # fmt: skip
        return JSONResponse({name: value for name, value in made.items() if value is not None})

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        is_whole = (
            query.get("response_type") == "code"
            and query.get("client_id") == CLIENT
            and "openid" in query.get("scope", "").split()
            and query.get("code_challenge_method") == "S256"
            and query.get("redirect_uri", "").endswith("/callback")
        )
        if not is_whole:
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(query, dict(self.person))
        back = {"code": code, "state": query["state"]}
        if self.says_issuer:
            back["iss"] = self.issuer
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        form = dict(await request.form())
        given = base64.b64decode(request.headers.get("authorization", " ").split()[-1]).decode()
        client, _, secret = given.partition(":")
        if (unquote(client), unquote(secret)) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        code = self.codes.pop(str(form.get("code")), None)
        verifier = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if code is None or challenge != code.query["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = f"access {code.person['sub']}"
        tokens = {"id_token": self.id_token(code, access_token), "token_type": "Bearer"}
        return JSONResponse({**tokens, "access_token": access_token, "expires_in": 60})

    async def _keys(self) -> Response:
        return JSONResponse({"keys": [key.public() for key in self.keys]})

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer access {self.person['sub']}":
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse({**PERSON, **self.person})

    async def _graph(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("Bearer access "):
            return JSONResponse({"error": {"code": "InvalidAuthenticationToken"}}, 401)
        return JSONResponse({"value": self.groups})


@contextmanager
def providing(path: str = "") -> Iterator[OpenIdProvider]:
    """One that runs until the end of the block."""
    provider = OpenIdProvider(path)
    with serving(provider.app()) as address:
        provider.address = address
        try:
            yield provider
        finally:
            provider.hangs.clear()
