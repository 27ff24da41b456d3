"""QuickBooks' tokens: a consent is for one company."""

import secrets
from datetime import datetime

from bridge.sandbox import TokenDesk

__all__ = ["ACCESS_SECONDS", "CONSENT_SECONDS", "REFRESH_SECONDS", "CompanyTokens"]

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
CONSENT_SECONDS = 5 * 365 * 86_400


class CompanyTokens(TokenDesk):
    """Tokens in the real ones' forms."""

    access_seconds = ACCESS_SECONDS
    refresh_seconds = REFRESH_SECONDS
    consent_seconds = CONSENT_SECONDS

    def new_code(self) -> str:
        return f"AB{secrets.token_hex(20)}"

    def new_refresh(self) -> str:
        return f"RT1-{secrets.token_hex(20)}"

    def new_access(self, grant: str, expires_at: datetime) -> str:
        return f"eyJ{secrets.token_urlsafe(32)}"

    def realm_of(self, access: str) -> str | None:
        """Give the company an access token is good for; None if it is unknown, expired or revoked."""
        grant = self.grant_of(access)
        return grant.accounts[0] if grant else None
