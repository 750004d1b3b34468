"""Two roles on a real server: a node that stores, and an audit that cannot change anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.exc import ProgrammingError

from alara.samples import generate
from alara.store import grants, tables, upgrade
from tests.conftest import SAMPLES
from tests.whole.running import Alara

pytestmark = pytest.mark.peer

SCHEMA, NODE, AUDIT = "roles", "roles_node", "roles_audit"
#: Every role here has a name that nobody else's server is likely to have.
_DROP = [f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE", f"DROP ROLE IF EXISTS {NODE}", f"DROP ROLE IF EXISTS {AUDIT}"]


def _as_owner(url: str, statements: list[str]) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _url(postgres: str, role: str = "") -> str:
    url = sqlalchemy.make_url(postgres).set(query={"options": f"-csearch_path={SCHEMA}"})
    return (url.set(username=role) if role else url).render_as_string(hide_password=False)


@pytest.fixture
def upgraded(postgres: str) -> Iterator[str]:
    """The server's URL, with the tables made by their owner and both roles let in."""
    _as_owner(postgres, [*_DROP, f"CREATE SCHEMA {SCHEMA}", f"CREATE ROLE {NODE} LOGIN", f"CREATE ROLE {AUDIT} LOGIN"])
    upgrade(_url(postgres))
    _as_owner(postgres, grants(node=NODE, audit=AUDIT, schema=SCHEMA))
    yield postgres
    _as_owner(postgres, _DROP)


def test_a_node_role_stores_and_an_audit_role_audits_and_cannot_write(
    alara: Alara, upgraded: str, tmp_path: Path
) -> None:
    settings = {"ALARA_SITE": "Test"}
    node, audit = (settings | {"ALARA_DATABASE": _url(upgraded, role)} for role in (NODE, AUDIT))
    for _ in range(2):  # the second time everything is known, and late reports have changed procedures the first time
        imported = alara("import", SAMPLES / "2026-10", "--json", **node)
        assert imported.returncode == 3, imported.stderr  # there are bad apples among the samples
    told = json.loads(imported.stdout)
    assert (told["stored"], told["duplicate"] > 200) == (0, True)

    audited = alara("audit", "2026-10", "--out", tmp_path / "month", **audit)
    assert audited.returncode == 0, audited.stderr
    assert (tmp_path / "month" / "procedures.csv").stat().st_size > 10_000
    for command in (("list",), ("status",), ("db", "info")):
        done = alara(*command, **audit)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    case_id = json.loads(alara("list", "--json", **audit).stdout)[0]["case_id"]
    assert alara("show", case_id, **audit).returncode == 0

    (tmp_path / "new.dcm").write_bytes(next(iter(generate(1))))
    refused = alara("import", tmp_path / "new.dcm", **audit)
    assert refused.returncode == 5
    assert "permission denied" in refused.stderr
    assert "alara db roles" in refused.stderr


def test_who_may_not_replace_what_is_stored_is_told_before_anything_is_read(
    alara: Alara, upgraded: str, tmp_path: Path
) -> None:
    (tmp_path / "new.dcm").write_bytes(next(iter(generate(1))))
    node, owner = ({"ALARA_DATABASE": _url(upgraded, role)} for role in (NODE, ""))
    assert alara("import", tmp_path / "new.dcm", **node).returncode == 0
    refused = alara("reingest", "--yes", **node)
    assert (refused.returncode, refused.stdout) == (5, "")
    assert f"The role '{NODE}' may not replace" in refused.stderr
    assert f"--database '{_url(upgraded)}'" in refused.stderr
    assert not list(tmp_path.rglob(".reingest-*"))
    for command, role in ((("reingest", "--dry-run"), node), (("reingest", "--yes"), owner)):
        done = alara(*command, **role)
        assert done.returncode == 0, done.stderr


def _is_refused(url: str, statements: list[str]) -> None:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        for statement in statements:
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.exec_driver_sql(statement)
            connection.rollback()
    engine.dispose()


def test_the_server_itself_refuses_an_audit_role_that_writes(upgraded: str) -> None:
    names = [table.name for table in tables.METADATA.sorted_tables]
    writes = ("DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "TRUNCATE {}")
    _is_refused(_url(upgraded, AUDIT), [write.format(name) for name in names for write in writes])


def test_a_node_role_cannot_delete_or_rewrite_what_reports_said(upgraded: str) -> None:
    facts = {
        "reports": "digest",
        "events": "p_ka_gycm2",
        "accumulated": "plane",
        "copies": "digest",
        "equipment": "key",
    }
    deletes = [f"DELETE FROM {table}" for table in facts]
    updates = [f"UPDATE {table} SET {column} = NULL" for table, column in facts.items()]
    _is_refused(_url(upgraded, NODE), deletes + updates)
