"""Against Orthanc (DICOM and DICOMweb) and DCMTK's dcmqrscp, filled with the synthetic month over the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from archives import MONTH, Running

from alara.app.fetch import fetch
from alara.app.fetch_summary import FetchSummary, Wanted
from alara.app.importing import import_paths
from alara.app.peers import find_peer
from alara.config import Config
from alara.errors import ConfigError, NetworkError, PeerUnavailable
from alara.inbox import Inbox, part10
from alara.node import Node, NodeSettings
from alara.node.web import WebArchive
from alara.peers import Credentials, Peer
from alara.store import Store

pytestmark = pytest.mark.peer

Fetch = Callable[..., FetchSummary]

FILES = sorted(MONTH.glob("00[0-2]*.dcm"))
WHOLE_MONTH = {"until": date(2026, 10, 31)}


def _datasets(config: Config) -> set[bytes]:
    inbox = Inbox(config.inbox_dir)
    objects = [inbox.load(digest) for digest in [*inbox.kept(), *inbox.pending()]]
    return {data[parsed[1] :] for data in objects if (parsed := part10.parse(data))}


def _files() -> list[bytes]:
    return [path.read_bytes() for path in FILES]


@pytest.fixture(params=["get", "move", "web"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _go(config: Config, archive: Running, way: str, **wanted: Any) -> FetchSummary:
    config = replace(config, port=archive.move_port)
    peer = find_peer(config, archive.url if way == "web" else archive.address)
    days = {"since": date(2026, 10, 1)} | WHOLE_MONTH | wanted
    return fetch(
        config, replace(peer, retrieve="move" if way == "move" else "get"), Wanted(**days), wait=lambda _: False
    )


def test_orthanc_gives_a_month_byte_for_byte_as_it_holds_it(an_orthanc: Running, config: Config, way: str) -> None:
    assert an_orthanc.fill(FILES) == len(FILES)
    summary = _go(config, an_orthanc, way)
    assert (summary.fetched, summary.failed, summary.tally.aside) == (len(FILES), {}, [])
    assert _datasets(config) == an_orthanc.held()
    with Store.open(config.database_url, create=False) as store:
        assert len(list(store.report_uids())) == len(FILES)
    assert _go(config, an_orthanc, way, again=True).here == len(FILES)


@pytest.mark.parametrize("retrieve", ["get", "move"])
def test_dcmqrscp_gives_a_month_that_says_the_same_as_what_was_sent(
    a_dcmqrscp: Running, config: Config, retrieve: str
) -> None:
    a_dcmqrscp.fill(FILES)
    summary = _go(config, a_dcmqrscp, retrieve)
    assert (summary.fetched, summary.failed) == (len(FILES), {})
    assert summary.tally.ends == {"stored": len(FILES)}
    # It writes anew what it sends: other bytes, and for the database yet the same reports.
    assert _datasets(config) != {data[parsed[1] :] for data in _files() if (parsed := part10.parse(data))}
    assert import_paths(config, FILES).tally.ends == {"duplicate": len(FILES)}


def test_c_move_goes_to_the_node_that_runs_here(an_orthanc: Running, config: Config) -> None:
    an_orthanc.fill(FILES[:3])
    inbox = Inbox(config.inbox_dir)
    settings = NodeSettings(host="127.0.0.1", port=an_orthanc.move_port)
    with inbox.lock(), Node(settings, inbox) as node:
        (config.data_dir / "node.json").write_text(f'{{"aet": "ALARA", "port": {node.port}}}')
        summary = _go(config, an_orthanc, "move")
    assert summary.read_by_node
    assert summary.fetched == inbox.counts().new > 0
    assert "alara status" in summary.lines()[1]


def test_who_is_not_known_to_the_archive_is_told_at_once(an_orthanc: Running, config: Config) -> None:
    with pytest.raises(PeerUnavailable, match="ended the association") as caught:
        _go(replace(config, aet="NOBODY"), an_orthanc, "get")
    assert "let NOBODY query" in caught.value.hint


def test_a_destination_that_dcmqrscp_does_not_know_ends_the_run_with_a_hint(
    a_dcmqrscp: Running, config: Config
) -> None:
    a_dcmqrscp.fill(FILES)
    summary = _go(replace(config, aet="STRANGER"), a_dcmqrscp, "move")
    assert isinstance(summary.broke_off, NetworkError)
    assert "does not know the AE title STRANGER" in summary.broke_off.message
    assert "--retrieve get" in summary.broke_off.hint


def test_a_limit_on_results_and_a_password_stand_in_nobodys_way(
    limited_orthanc: Running, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded = FILES[:8]
    limited_orthanc.fill(crowded)
    summary = _go(config, limited_orthanc, "get")
    assert (summary.fetched, summary.failed) == (len(crowded), {})
    with pytest.raises(NetworkError, match="401 Unauthorized") as caught:
        _go(config, limited_orthanc, "web")
    assert "_TOKEN" in caught.value.hint
    table = Peer(name="WEB", url=limited_orthanc.url, most_answers=3)  # by DICOMweb it stops without a word
    monkeypatch.setenv("ALARA_PEER_WEB_USER", "alara")
    monkeypatch.setenv("ALARA_PEER_WEB_PASSWORD", "correct horse")
    known = replace(config, peers={"WEB": table}, data_dir=config.data_dir / "web", database="")
    days = Wanted(since=date(2026, 10, 1), until=date(2026, 10, 31))
    web = fetch(known, table, days, wait=lambda _: False)
    assert (web.fetched, web.failed) == (len(crowded), {})


@pytest.mark.parametrize(
    ("port", "path", "words"),
    [
        ("http", "/nowhere", "answered 404 Not Found"),
        ("http", "/app/explorer.html?", "does not answer as DICOMweb does"),
        ("port", "", "cannot be reached or does not answer in time"),
    ],
)
def test_a_url_that_is_not_dicomweb_is_one_sentence(
    an_orthanc: Running, config: Config, port: str, path: str, words: str
) -> None:
    url = f"http://127.0.0.1:{getattr(an_orthanc, port)}{path}"
    day = Wanted(since=date(2026, 10, 1), until=date(2026, 10, 1))
    with pytest.raises(NetworkError, match=words) as caught:
        fetch(config, Peer(name="WEB", url=url), day, wait=lambda _: False)
    assert caught.value.hint


def test_credentials_do_not_go_over_a_network_in_the_clear() -> None:
    peer = Peer(name="WEB", url="http://pacs.example/dicom-web")
    with pytest.raises(ConfigError, match="in the clear"):
        WebArchive(peer, take=lambda _: None, credentials=Credentials(token="t"))
