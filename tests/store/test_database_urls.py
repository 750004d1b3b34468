"""URLs of databases: nothing of a password is shown, and what is wrong is told with what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.commands import without_password
from alara.errors import DatabaseError
from alara.store.engine import display_name, parse_url

PASSWORDS = st.text(alphabet="abXY09@/:?#%&=", min_size=12, max_size=20).map(lambda text: f"Zq{text}Zq")


def said_of(url: str) -> str:
    """What is said of a URL: its refusal, or the name by which messages call it."""
    try:
        return display_name(parse_url(url))
    except DatabaseError as error:
        return error.message + error.hint


@given(password=PASSWORDS)
def test_nothing_of_a_password_is_shown_whatever_signs_it_has(password: str) -> None:
    url = f"postgresql+psycopg://alara:{password}@127.0.0.1:5432/alara"
    assert without_password(url) == "postgresql+psycopg://alara:***@127.0.0.1:5432/alara"
    assert "Zq" not in said_of(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://db/alara", "postgresql+psycopg://db/alara"),
        ("postgresql+psycopg://alara@db/alara", "postgresql+psycopg://alara@db/alara"),
        (
            "postgresql+psycopg://db/alara?user=a&password=b&x=1",
            "postgresql+psycopg://db/alara?user=a&password=***&x=1",
        ),
        ("sqlite:////srv/a@b/alara.sqlite", "sqlite:////srv/a@b/alara.sqlite"),
        ("/srv/a:b@c/alara.sqlite", "/srv/a:b@c/alara.sqlite"),
    ],
)
def test_what_is_no_password_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown


@pytest.mark.parametrize(
    ("url", "said", "hint"),
    [
        ("postgresql+psycopg://u:p@se/cret@127.0.0.1:23417/alara", "hold a sign that ends them", "%40"),
        ("postgresql+psycopg://u:pw@127.0.0.1:abc/alara", "is not the URL of a database", "postgresql+psycopg://"),
        ("postgres://u:pw@127.0.0.1/alara", "does not say how", "postgresql+psycopg://"),
    ],
)
def test_a_wrong_url_is_told_with_what_would_be_right(url: str, said: str, hint: str) -> None:
    with pytest.raises(DatabaseError, match=said) as refused:
        parse_url(url)
    assert hint in refused.value.hint
    assert "pw" not in refused.value.message
    assert "cret" not in refused.value.message
