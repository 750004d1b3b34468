"""URLs of databases: nothing of a password is shown, and what is wrong is told with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.cli import main
from alara.commands import without_password
from alara.errors import ConfigError
from alara.store.engine import display_name, parse_url

PASSWORDS = st.text(alphabet="abXY09@/:?#%&=", min_size=12, max_size=20).map(lambda text: f"Zq{text}Zq")


def said_of(url: str) -> str:
    """What is said of a URL: its refusal, or the name by which messages call it."""
    try:
        return display_name(parse_url(url))
    except ConfigError as error:
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
        ("postgresql+psycopg://u:pw@127.0.0.1:99999/alara", "is not the URL of a database", "postgresql+psycopg://"),
        ("://", "is not the URL of a database", "postgresql+psycopg://"),
        ("mysql://u:pw@127.0.0.1/alara", "no driver 'mysql'", "postgresql+psycopg://"),
        ("postgresql+other://u:pw@127.0.0.1/alara", "no driver 'postgresql[+]other'", "postgresql+psycopg://"),
        ("sqlite+other:////srv/alara.sqlite", "no driver 'sqlite[+]other'", "sqlite:////"),
        ("sqlite://", "needs a file", "sqlite:////"),
        ("postgres://u:pw@127.0.0.1/alara", "does not say how", "postgresql+psycopg://"),
    ],
)
def test_a_wrong_url_is_told_with_what_would_be_right(url: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        parse_url(url)
    assert hint in refused.value.hint
    assert "pw" not in refused.value.message
    assert "cret" not in refused.value.message


@pytest.mark.parametrize("command", ["list", "audit 2026-10", "listen --port 0", "import .", "db info", "db upgrade"])
def test_a_url_that_is_none_is_wrong_use_and_leaves_nothing_behind(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--data-dir", "data", "--database", "mysql://db/alara"])
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (2, "")
    assert told.err.startswith("alara: There is no driver 'mysql'")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer_is_the_databases_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["list", "--database", "postgresql+psycopg://127.0.0.1:1/alara"])
    assert ended.value.code == 5
    assert "Connection refused" in capsys.readouterr().err
