"""Connecting organisations, refreshing, and losing access."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client

BACK = "http://127.0.0.1:9/callback?from=xero"
OTHER = "5a0dbe11-0000-4000-8000-00000000000b"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Application:
    """An application that speaks OAuth."""

    def __init__(self, sandbox: XeroSandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.auth = (sandbox.client_id, sandbox.client_secret)

    def authorize(self, **query: str) -> requests.Response:
        asked = {
            "client_id": self.sandbox.client_id,
            "response_type": "code",
            "scope": "offline_access accounting.invoices",
            "redirect_uri": BACK,
            "state": "s-1",
            **query,
        }
        return self.session.get(self.sandbox.authorize_url, params=asked, allow_redirects=False, timeout=60)

    def code(self, **query: str) -> str:
        return _sent_back(self.authorize(**{"tenant": TENANT, **query}))["code"]

    def tokens(self, **form: str) -> Any:
        return self.session.post(self.sandbox.token_url, data=form, timeout=60)

    def redeem(self, code: str, **form: str) -> Any:
        return self.tokens(grant_type="authorization_code", code=code, **{"redirect_uri": BACK, **form})

    def refresh(self, token: str) -> Any:
        return self.tokens(grant_type="refresh_token", refresh_token=token)

    def connections(self, access: str, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {access}"}
        plain = requests.get(self.sandbox.connections_url, params=query, headers=headers, timeout=60)
        return plain.json() if plain.status_code == 200 else plain.status_code


@pytest.fixture
def application(sandbox: XeroSandbox) -> Iterator[Application]:
    opened = Application(sandbox)
    yield opened
    opened.session.close()


def _sent_back(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    return {key: values[0] for key, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def test_consent_gives_a_code_that_gives_tokens_once_and_a_connection(application: Application) -> None:
    back = _sent_back(application.authorize(tenant=TENANT))
    assert (back["state"], back["from"]) == ("s-1", "xero")
    assert "realmId" not in back

    tokens = application.redeem(back["code"]).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 1800)
    assert application.redeem(back["code"]).json() == {"error": "invalid_grant"}
    (connection,) = application.connections(tokens["access_token"])
    assert (connection["tenantId"], connection["tenantType"]) == (TENANT, "ORGANISATION")
    assert connection["tenantName"] == "Sandbox Organisation"


def test_a_person_chooses_the_organisation_on_a_page_or_cancels(application: Application) -> None:
    application.sandbox.set(TENANT, name="<b>Sample</b> & Sons")
    page = application.authorize()

    assert "&lt;b&gt;Sample&lt;/b&gt; &amp; Sons" in page.text
    assert f"tenant={TENANT}" in page.text
    assert _sent_back(application.authorize(deny="1")) == {"from": "xero", "error": "access_denied", "state": "s-1"}
    assert application.authorize(state="").status_code == 400
    assert application.authorize(client_id="other").status_code == 400
    assert application.authorize(redirect_uri="javascript:alert(1)").status_code == 400
    assert application.authorize(code_challenge="x", code_challenge_method="plain").status_code == 400


def test_a_code_is_bound_to_its_address_and_lasts_five_minutes(application: Application) -> None:
    assert application.redeem(application.code(), redirect_uri="http://other/").json()["error"] == "invalid_grant"
    code = application.code()
    application.sandbox.clock.advance(301)

    assert application.redeem(code).json()["error"] == "invalid_grant"


def test_pkce_binds_the_code_to_its_verifier_and_needs_no_secret(application: Application) -> None:
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    assert application.redeem(application.code(**asked), code_verifier="wrong").json()["error"] == "invalid_grant"
    application.session.auth = None
    public = {"client_id": application.sandbox.client_id}
    tokens = application.redeem(application.code(**asked), code_verifier=VERIFIER, **public).json()
    renewed = application.tokens(grant_type="refresh_token", refresh_token=tokens["refresh_token"], **public)
    assert renewed.json()["access_token"] != tokens["access_token"]
    assert application.redeem(application.code(), **public).json() == {"error": "invalid_client"}


def test_the_application_must_know_its_secret(application: Application) -> None:
    application.session.auth = (application.sandbox.client_id, "wrong")
    assert application.refresh("x").json() == {"error": "invalid_client"}
    application.session.auth = None
    assert application.refresh("x").status_code == 400
    form = {"client_id": application.sandbox.client_id, "client_secret": application.sandbox.client_secret}
    assert application.redeem(application.code(), **form).status_code == 200
    application.session.auth = (application.sandbox.client_id, application.sandbox.client_secret)
    assert application.tokens(grant_type="password").json() == {"error": "unsupported_grant_type"}
    bad = {"Authorization": "Basic ???"}
    answer = application.session.post(application.sandbox.token_url, data={}, headers=bad, auth=_Nobody(), timeout=60)
    assert answer.json() == {"error": "invalid_client"}


class _Nobody(requests.auth.AuthBase):
    """Leaves the headers as they are."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def test_every_refresh_rotates_and_the_old_value_dies_after_its_grace(application: Application, client: Client) -> None:
    """F43"""
    first = application.refresh(client.refresh).json()
    assert first["refresh_token"] != client.refresh
    application.sandbox.clock.advance(1799)
    again = application.refresh(client.refresh).json()
    assert again["refresh_token"] == first["refresh_token"]
    application.sandbox.clock.advance(2)
    assert application.refresh(client.refresh).json() == {"error": "invalid_grant"}
    assert application.refresh(first["refresh_token"]).status_code == 200


def test_an_access_token_lasts_half_an_hour_and_a_consent_sixty_days_unused(
    application: Application, client: Client
) -> None:
    """F43"""
    application.sandbox.clock.advance(1801)
    assert client.get("Organisation").status == 401
    client.access = application.refresh(client.refresh).json()["access_token"]
    assert client.get("Organisation").status == 200
    application.sandbox.clock.advance(60 * 86_400)
    assert application.refresh(client.refresh).json() == {"error": "invalid_grant"}


def test_a_users_token_opens_every_organisation_connected_and_no_other(
    application: Application, client: Client
) -> None:
    application.sandbox.add_organisation(OTHER, name="Second")
    client.tenant = OTHER
    refused = client.get("Organisation")
    assert (refused.status, refused.json["Title"]) == (403, "Forbidden")
    tokens = application.redeem(application.code(tenant=OTHER)).json()
    assert client.get("Organisation").json["Organisations"][0]["Name"] == "Second"
    assert [found["tenantId"] for found in application.connections(client.access)] == [TENANT, OTHER]
    event = application.connections(client.access)[1]["authEventId"]
    assert [found["tenantId"] for found in application.connections(client.access, authEventId=event)] == [OTHER]
    payload = tokens["access_token"].split(".")[1]
    assert event in base64.urlsafe_b64decode(payload + "==").decode()
    client.tenant = ""
    assert client.get("Organisation").status == 403


def test_a_report_needs_a_scope_that_was_asked_for(application: Application, client: Client) -> None:
    old = application.redeem(application.code(scope="offline_access accounting.invoices")).json()
    assert old["scope"] == "offline_access accounting.invoices"
    client.access = application.refresh(old["refresh_token"]).json()["access_token"]
    refused = client.get("Reports/TrialBalance")
    assert (refused.status, refused.json["Detail"]) == (401, "AuthorizationUnsuccessful")
    assert refused.headers["WWW-Authenticate"] == "insufficient_scope"
    assert client.get("Invoices").status == 200

    code = application.code(scope="offline_access accounting.reports.trialbalance.read")
    client.access = application.redeem(code).json()["access_token"]
    assert client.get("Reports/TrialBalance").status == 200


def test_disconnecting_closes_one_organisation_and_revoking_ends_the_tokens(
    application: Application, client: Client
) -> None:
    (connection,) = application.connections(client.access)
    url = f"{application.sandbox.connections_url}/{connection['id']}"
    assert requests.delete(url, timeout=60).status_code == 401
    headers = {"Authorization": f"Bearer {client.access}"}
    assert requests.delete(url, headers=headers, timeout=60).status_code == 204
    assert requests.delete(url, headers=headers, timeout=60).status_code == 404
    assert client.get("Organisation").status == 403
    client.access, client.refresh = application.sandbox.issue_tokens(TENANT)
    assert client.get("Organisation").status == 200
    application.sandbox.disconnect(TENANT)
    assert client.get("Organisation").status == 403

    revoked = application.session.post(application.sandbox.revoke_url, data={"token": client.refresh}, timeout=60)
    assert revoked.status_code == 200
    assert client.get("Organisation").status == 401
    assert application.connections(client.access) == 401
    application.session.auth = None
    refused = application.session.post(application.sandbox.revoke_url, data={"token": client.refresh}, timeout=60)
    assert refused.status_code == 400


def test_a_consent_may_be_for_several_organisations_and_its_revocation_ends_all_of_the_users(
    application: Application,
) -> None:
    sandbox = application.sandbox
    sandbox.add_organisation(OTHER, name="Another")
    assert "All of them" in application.authorize().text
    first = application.redeem(application.code(tenant=TENANT)).json()
    both = application.redeem(application.code(tenant=f"{TENANT},{OTHER}")).json()
    assert {one["tenantName"] for one in application.connections(first["access_token"])} == {
        "Sandbox Organisation",
        "Another",
    }

    data = {"token": both["refresh_token"]}
    assert application.session.post(sandbox.revoke_url, data=data, timeout=60).status_code == 200
    assert application.connections(first["access_token"]) == []


def test_a_grant_is_ended_to_order_and_the_connection_stays(application: Application, client: Client) -> None:
    application.redeem(application.code())
    door = f"{application.sandbox.base_url}/_sandbox/end-grants"
    assert requests.post(door, json={"tenant": TENANT}, timeout=60).json() == {"ended": TENANT}

    assert client.get("Organisation").status == 401
    assert application.refresh(client.refresh).json() == {"error": "invalid_grant"}
    assert application.sandbox.tokens.is_connected(TENANT)


def test_no_secret_reaches_the_request_log(application: Application, client: Client) -> None:
    code = application.code()
    tokens = application.redeem(code).json()
    client.get("Organisation")
    log = repr(application.sandbox.requests.all())

    assert application.sandbox.requests.count(label="oauth.token") == 1
    for secret in (code, client.access, client.refresh, tokens["refresh_token"], application.sandbox.client_secret):
        assert secret not in log
