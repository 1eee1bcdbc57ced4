"""Who calls: ID tokens, believed only where their issuer signed them for us."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from services.common.sessions import SessionStore
from services.server import identity
from services.server.app import create_app
from services.server.settings import ServerSettings

AUDIENCE = "voice-page"
CALL = {"transport": "websocket"}


class Issuer:
    """An OpenID Connect issuer, as far as checking its tokens goes."""

    def __init__(self) -> None:
        self.keys: list[Any] = [RSAKey.generate_key(2048, {"kid": "first"})]
        self.asked = 0
        self.broken = False
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                body = json.dumps(issuer.answer(self.path)).encode()
                self.send_response(500 if issuer.broken else 200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quietly."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/tenant"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> Mapping[str, Any]:
        if path == "/tenant/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return KeySet([*self.keys]).as_dict(private=False)

    def token(self, key: Any = None, algorithm: str = "RS256", **claims: Any) -> str:  # noqa: ANN401
        key = key or self.keys[-1]
        now = int(time.time())
        said = {"iss": self.url, "aud": AUDIENCE, "sub": "anna", "exp": now + 300, **claims}
        known = {name: value for name, value in said.items() if value is not None}
        header = {"alg": algorithm, "kid": key.kid}
        return jwt.encode(header, known, key, algorithms=[algorithm])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def issuer_process() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def issuer(issuer_process: Issuer) -> Issuer:
    issuer_process.broken, issuer_process.asked = False, 0
    return issuer_process


Connect = Callable[[str], Any]


@pytest.fixture
def connect(
    issuer: Issuer,
    server_settings: ServerSettings,
    store: SessionStore,
    monkeypatch: pytest.MonkeyPatch,
) -> Connect:
    monkeypatch.setenv("CONNECT_AUTH", "id_token")
    monkeypatch.setenv("ID_TOKEN_ISSUER", issuer.url)
    monkeypatch.setenv("ID_TOKEN_AUDIENCE", AUDIENCE)
    transport = httpx.ASGITransport(create_app(ServerSettings(), store))

    async def connect(token: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return await client.post("/connect", json=CALL, headers=headers)

    return connect


async def test_a_session_is_the_callers_whom_the_token_names(
    connect: Connect, issuer: Issuer, store: SessionStore
) -> None:
    answer = await connect(issuer.token())
    assert answer.status_code == 200
    session = await store.get(answer.json()["session_id"])
    assert session is not None
    assert session.caller == f"{issuer.url}#anna"
    asked = issuer.asked
    assert (await connect(issuer.token(sub="bo"))).status_code == 200
    assert issuer.asked == asked, "keys are asked for once"


@pytest.mark.parametrize(
    "forge",
    [
        lambda issuer: "",
        lambda issuer: "no.token.at-all",
        lambda issuer: issuer.token(aud="another-page"),
        lambda issuer: issuer.token(iss="https://another.example"),
        lambda issuer: issuer.token(exp=int(time.time()) - 3600),
        lambda issuer: issuer.token(exp=None),
        lambda issuer: issuer.token(sub=None),
        lambda issuer: issuer.token(sub=""),
        lambda issuer: issuer.token(sub=17),
        lambda issuer: issuer.token(key=RSAKey.generate_key(2048, {"kid": "first"})),
        lambda issuer: issuer.token(
            key=OctKey.import_key(b"x" * 64, {"kid": "first"}), algorithm="HS256"
        ),
        lambda issuer: issuer.token()[:-4] + "AAAA",
    ],
)
async def test_a_token_that_proves_nothing_is_refused(
    connect: Connect, issuer: Issuer, forge: Callable[[Issuer], str]
) -> None:
    answer = await connect(forge(issuer))
    assert answer.status_code == 401
    assert answer.json()["type"].endswith("unauthorized")


async def test_a_key_that_the_issuer_has_had_since_is_asked_for(
    connect: Connect, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await connect(issuer.token())).status_code == 200
    issuer.keys.append(ECKey.generate_key("P-256", {"kid": "second"}))
    newest = issuer.token(algorithm="ES256")
    assert (await connect(newest)).status_code == 401, "asked too often"
    monkeypatch.setattr(identity, "NEW_KEYS_SECONDS", 0.0)
    assert (await connect(newest)).status_code == 200
    issuer.keys.pop()


async def test_while_the_issuer_is_away_callers_are_told_to_come_back(
    connect: Connect, issuer: Issuer
) -> None:
    issuer.broken = True
    answer = await connect(issuer.token())
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("issuer-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    issuer.broken = False
    assert (await connect(issuer.token())).status_code == 200


@pytest.mark.parametrize("how", ["api_key", "none"])
async def test_where_nobody_logs_in_a_page_cannot_claim_to_be_somebody(
    server_settings: ServerSettings,
    store: SessionStore,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setenv("CONNECT_AUTH", how)
    transport = httpx.ASGITransport(create_app(ServerSettings(), store))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        key = server_settings.api_key
        shown = key.get_secret_value() if key and how == "api_key" else issuer.token()
        headers = {"Authorization": f"Bearer {shown}", "X-Caller": "anna"}
        answer = await client.post("/connect", json=CALL, headers=headers)
        claimed = await client.post("/connect", json=CALL | {"caller": "anna"}, headers=headers)
    assert claimed.status_code == 422
    session = await store.get(answer.json()["session_id"])
    assert session is not None
    assert session.caller is None


def test_both_settings_are_needed(
    server_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECT_AUTH", "id_token")
    monkeypatch.setenv("ID_TOKEN_AUDIENCE", AUDIENCE)
    with pytest.raises(ValueError, match="ID_TOKEN_ISSUER and ID_TOKEN_AUDIENCE: set both"):
        ServerSettings()
