"""Far sides' words, fit to print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.transport import address, excerpt


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.example.com/v3/x?token=hush#hush", "https://api.example.com/v3/x"),
        ("https://user:hush@api.example.com:8443/x", "https://api.example.com:8443/x"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
    ],
)
def test_an_address_shows_where_and_nothing_secret(url: str, shown: str) -> None:
    assert address(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Bearer hush",
        "bearer hush.hush-hush",
        '{"access_token": "hush"}',
        "refresh_token=hush&x=1",
        "client_secret: hush",
        "Authorization: hush",
        "api-key=hush",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    assert "hush" not in excerpt(f"before {text} after")


@given(st.text(max_size=3000))
def test_an_excerpt_is_one_short_line(text: str) -> None:
    shown = excerpt(text, 100)

    assert len(shown) <= 100
    assert "\n" not in shown
    assert "\x00" not in shown


def test_ordinary_words_stay() -> None:
    assert excerpt("Account Period\n Closed : no tokens left") == "Account Period Closed : no tokens left"
