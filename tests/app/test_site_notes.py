"""The site of what an inbox holds: noted before the object is safe, and found again when the database is lost."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alara.app.doctor import Verdict, examine
from alara.app.importing import import_paths
from alara.app.ingest import Ingest
from alara.app.site_notes import SiteNotes
from alara.config import Config, load
from alara.errors import ConfigError, StorageError
from alara.inbox import Inbox
from alara.samples import generate
from alara.store import Store

_MONTH = list(generate(12, 3, seed=5))
_DIGESTS = [f"{number:064x}" for number in range(6)]


def config(folder: Path, site: str) -> Config:
    return Config(data_dir=folder / "data", key_file=folder / "key", site=site)


@pytest.fixture
def two_sites(tmp_path: Path) -> Path:
    """An inbox with four reports of North and two of South, and the database of both."""
    for number, (site, slice_) in enumerate({"North": slice(0, 4), "South": slice(4, 6)}.items()):
        folder = tmp_path / f"reports{number}"
        folder.mkdir()
        for at, report in enumerate(_MONTH[slice_]):
            (folder / f"{at}.dcm").write_bytes(report)
        assert import_paths(config(tmp_path, site), [folder]).tally.ends["stored"] > 0
    return tmp_path


def sites(folder: Path) -> Counter[str]:
    with Store.open(config(folder, "North").database_url, create=False) as store:
        return Counter(store.sites().values())


def test_a_database_made_anew_has_every_report_at_its_site(two_sites: Path) -> None:
    before = sites(two_sites)
    assert set(before) == {"North", "South"}
    for file in (two_sites / "data").glob("alara.sqlite*"):
        file.unlink()
    with Ingest(config(two_sites, "main")) as ingest:
        list(ingest.run(ingest.everything()))
    assert sites(two_sites) == before


def test_what_waits_is_of_the_site_that_took_it_in(tmp_path: Path) -> None:
    north, south = config(tmp_path, "North"), config(tmp_path, "South")
    for taken, report in ((north, _MONTH[0]), (south, _MONTH[5])):
        Inbox(taken.inbox_dir, before=SiteNotes(taken).note).put(report)
    with Ingest(north) as ingest:
        list(ingest.run_waiting())
    assert sites(tmp_path) == {"North": 1, "South": 1}


def test_a_note_is_found_by_whoever_asks_and_the_first_site_needs_none(tmp_path: Path) -> None:
    asks = SiteNotes(config(tmp_path, "main"))
    assert asks.of(_DIGESTS[0]) == "main"
    SiteNotes(config(tmp_path, "North")).note(_DIGESTS[:2])
    SiteNotes(config(tmp_path, "South/1")).note(_DIGESTS[2:4])
    assert [asks.of(digest) for digest in _DIGESTS] == ["North"] * 2 + ["South/1"] * 2 + ["North"] * 2
    files = sorted((tmp_path / "data" / "sites").iterdir())
    assert [file.name for file in files] == ["of_South%2F1", "own"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_many_may_be_the_first_at_the_same_instant(tmp_path: Path) -> None:
    notes = [SiteNotes(config(tmp_path, site)) for site in ("North", "South") for _ in range(2)]
    together = threading.Barrier(32)

    def first(number: int) -> None:
        together.wait()
        notes[number % 4].note([f"{number:064x}"])

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(first, range(32)))
    sites = ["North" if number % 4 < 2 else "South" for number in range(32)]
    assert [notes[0].of(f"{number:064x}") for number in range(32)] == sites


def test_a_line_that_a_crash_cut_off_spoils_no_other(tmp_path: Path) -> None:
    SiteNotes(config(tmp_path, "North")).note(_DIGESTS[:1])
    south = SiteNotes(config(tmp_path, "South"))
    south.note(_DIGESTS[1:2])
    file = tmp_path / "data" / "sites" / "of_South"
    file.write_bytes(file.read_bytes() + _DIGESTS[2].encode()[:30])
    south.note(_DIGESTS[3:4])
    assert [south.of(digest) for digest in _DIGESTS[1:4]] == ["South", "North", "South"]


def test_where_the_note_cannot_be_written_nothing_is_taken_in(tmp_path: Path) -> None:
    def full(_digests: object) -> None:
        raise OSError(28, "No space left on device")

    inbox = Inbox(tmp_path / "inbox", before=full)
    with pytest.raises(StorageError, match="No space left"):
        inbox.put(_MONTH[0])
    assert inbox.pending() == []
    assert list((tmp_path / "inbox" / "tmp").iterdir()) == []


def test_a_data_folder_that_is_moved_keeps_its_sites(two_sites: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(two_sites / "data", moved / "data")
    notes = SiteNotes(config(moved, "main"))
    with Store.open(config(two_sites, "North").database_url, create=False) as store:
        assert {digest: notes.of(digest) for digest in store.sites()} == store.sites()


def test_two_keys_and_one_inbox_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text('data_dir = "data"\n[sites.North]\nkey_file = "n"\n[sites.South]\nkey_file = "s"\n')
    with pytest.raises(ConfigError, match="different keys and one data_dir"):
        load({"site": "North"}, {}, file).check_writing()
    file.write_text('[sites.North]\nkey_file = "n"\ndata_dir = "dn"\n[sites.South]\nkey_file = "s"\ndata_dir = "ds"\n')
    load({"site": "North"}, {}, file).check_writing()


def test_doctor_names_a_site_that_no_table_of_the_file_is_of(two_sites: Path) -> None:
    file = two_sites / "alara.toml"
    given = 'data_dir = "data"\nkey_file = "key"\nsite = "North"\n[sites.{}]\npolicy = "us_forward"\n'
    file.write_text(given.format("Suoth"))
    (found,) = (check for check in examine(load({}, {}, file)) if check.name == "Sites")
    assert found.verdict is Verdict.NOTE
    assert "the database has 'South', of which the settings file has no table" in found.found
    assert found.next.startswith("Did you mean Suoth?")
    file.write_text(given.format("South"))
    (found,) = (check for check in examine(load({}, {}, file)) if check.name == "Sites")
    assert (found.verdict, found.found) == (Verdict.OK, "'North', 'South'")
