"""Connecting a company, refreshing, and losing access."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client

BACK = "http://127.0.0.1:9/callback?from=quickbooks"


class Application:
    """An application that speaks OAuth."""

    def __init__(self, sandbox: QuickBooksSandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.auth = (sandbox.client_id, sandbox.client_secret)

    def authorize(self, **query: str) -> requests.Response:
        asked = {
            "client_id": self.sandbox.client_id,
            "response_type": "code",
            "scope": "com.intuit.quickbooks.accounting",
            "redirect_uri": BACK,
            "state": "s-1",
            **query,
        }
        return self.session.get(self.sandbox.authorize_url, params=asked, allow_redirects=False, timeout=60)

    def tokens(self, **form: str) -> Any:
        return self.session.post(self.sandbox.token_url, data=form, timeout=60)

    def refresh(self, token: str) -> Any:
        return self.tokens(grant_type="refresh_token", refresh_token=token)


@pytest.fixture
def application(sandbox: QuickBooksSandbox) -> Iterator[Application]:
    opened = Application(sandbox)
    yield opened
    opened.session.close()


def _sent_back(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 302
    return {key: values[0] for key, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def test_consent_gives_a_code_that_gives_tokens_once(application: Application) -> None:
    back = _sent_back(application.authorize(realm=REALM))
    assert (back["state"], back["realmId"], back["from"]) == ("s-1", REALM, "quickbooks")

    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK}
    tokens = application.tokens(**form).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 3600)
    assert tokens["x_refresh_token_expires_in"] == 8_726_400
    assert tokens["x_refresh_token_hard_expires_in"] == 5 * 365 * 86_400
    assert application.tokens(**form).json()["error"] == "invalid_grant"


def test_a_person_chooses_the_company_on_a_page_or_denies(application: Application) -> None:
    application.sandbox.set(REALM, name="<b>Sample</b> & Sons")
    page = application.authorize()

    assert "&lt;b&gt;Sample&lt;/b&gt; &amp; Sons" in page.text
    assert f"realm={REALM}" in page.text
    assert _sent_back(application.authorize(deny="1")) == {
        "from": "quickbooks", "error": "access_denied", "state": "s-1"
    }  # fmt: skip
    assert application.authorize(state="").status_code == 400
    assert application.authorize(client_id="other").status_code == 400
    assert application.authorize(redirect_uri="javascript:alert(1)").status_code == 400


def test_a_code_is_bound_to_its_address_and_lasts_five_minutes(application: Application) -> None:
    code = _sent_back(application.authorize(realm=REALM))["code"]
    other = application.tokens(grant_type="authorization_code", code=code, redirect_uri="http://other/")
    assert other.json()["error"] == "invalid_grant"

    code = _sent_back(application.authorize(realm=REALM))["code"]
    application.sandbox.clock.advance(301)
    late = application.tokens(grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert late.json()["error"] == "invalid_grant"


def test_the_application_must_know_its_secret(application: Application) -> None:
    application.session.auth = (application.sandbox.client_id, "wrong")
    assert application.refresh("x").status_code == 401
    application.session.auth = None
    assert application.refresh("x").json() == {"error": "invalid_client"}
    application.session.auth = (application.sandbox.client_id, application.sandbox.client_secret)
    assert application.tokens(grant_type="password").json() == {"error": "unsupported_grant_type"}


def test_every_refresh_rotates_and_the_old_value_dies_after_its_grace(application: Application, client: Client) -> None:
    """F42"""
    second = application.refresh(client.refresh).json()
    raced = application.refresh(client.refresh).json()
    assert second["refresh_token"] not in {client.refresh, ""}
    assert raced["refresh_token"] == second["refresh_token"]

    application.sandbox.clock.advance(86_401)
    stale = application.refresh(client.refresh)
    assert (stale.status_code, stale.json()["error"]) == (400, "invalid_grant")
    assert application.refresh(second["refresh_token"]).status_code == 200


def test_the_grace_can_be_taken_away(application: Application, client: Client) -> None:
    """F42"""
    application.sandbox.tokens.grace_seconds = 0
    application.refresh(client.refresh)

    assert application.refresh(client.refresh).json()["error"] == "invalid_grant"


def test_an_expired_or_unknown_access_token_gets_the_gateways_lower_case_fault(client: Client) -> None:
    client.sandbox.clock.advance(3601)
    expired = client.get("preferences")
    client.access = "nonsense"
    unknown = client.get("preferences")

    for answer in (expired, unknown):
        assert answer.status == 401
        assert answer.json["fault"]["type"] == "AUTHENTICATION"
        assert answer.json["fault"]["error"][0]["code"] == "3200"
        assert "Fault" not in answer.json


def test_a_refresh_token_dies_unused_after_a_hundred_and_one_days(application: Application, client: Client) -> None:
    application.sandbox.clock.advance(8_726_401)

    assert application.refresh(client.refresh).json()["error"] == "invalid_grant"


def test_a_token_opens_its_own_company_only(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.add_company("2")
    client.realm = "2"
    answer = client.get("preferences")

    assert (answer.status, answer.code) == (403, "3100")


def test_revoking_or_disconnecting_ends_every_token(application: Application, client: Client) -> None:
    revoke = {"token": client.refresh}
    assert application.session.post(application.sandbox.revoke_url, json=revoke, timeout=60).status_code == 200
    assert client.get("preferences").status == 401
    assert application.refresh(client.refresh).json()["error"] == "invalid_grant"
    unknown = application.session.post(application.sandbox.revoke_url, data={"token": "x"}, timeout=60)
    assert unknown.status_code == 400

    client.access, client.refresh = application.sandbox.issue_tokens(REALM)
    application.sandbox.disconnect(REALM)
    assert client.get("preferences").status == 401


def test_after_five_years_a_consent_ends_however_often_it_was_renewed(application: Application) -> None:
    clock = application.sandbox.clock
    answer: dict[str, Any] = {"refresh_token": application.sandbox.issue_tokens(REALM)[1]}
    for days in (90,) * 20:
        clock.advance(days * 86_400)
        answer = application.refresh(answer["refresh_token"]).json()
    assert (answer["x_refresh_token_expires_in"], answer["x_refresh_token_hard_expires_in"]) == (25 * 86_400,) * 2
    clock.advance(25 * 86_400)

    assert application.refresh(answer["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_grant_is_ended_to_order(application: Application, client: Client) -> None:
    door = f"{application.sandbox.base_url}/_sandbox/end-grants"
    assert requests.post(door, json={"realm": REALM}, timeout=60).json() == {"ended": REALM}
    assert client.get("preferences").status == 401
    assert application.refresh(client.refresh).json()["error"] == "invalid_grant"


def test_the_discovery_document_names_the_endpoints(application: Application) -> None:
    url = f"{application.sandbox.base_url}/.well-known/openid_sandbox_configuration"
    found = application.session.get(url, timeout=60).json()

    assert found["authorization_endpoint"] == application.sandbox.authorize_url
    assert found["token_endpoint"] == application.sandbox.token_url
    assert found["revocation_endpoint"] == application.sandbox.revoke_url


def test_no_secret_reaches_the_request_log(application: Application, client: Client) -> None:
    code = _sent_back(application.authorize(realm=REALM))["code"]
    application.tokens(grant_type="authorization_code", code=code, redirect_uri=BACK)
    client.get("preferences", access_token=client.access)
    log = repr(application.sandbox.requests.all())

    assert application.sandbox.requests.count(label="oauth.tokens") == 1
    for secret in (code, client.access, client.refresh, application.sandbox.client_secret, "s-1"):
        assert secret not in log
