"""The index of UIDs: derived from the files, never ahead of them, and made anew when it is lost."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from alara.errors import StorageError, UnreadableReason
from alara.inbox import Inbox, part10
from alara.inbox.uids import Indexed, UidIndex

_CLASS = "1.2.840.10008.5.1.4.1.1.88.67"


def _object(uid: str, number: int = 0) -> bytes:
    meta = part10.FileMeta(sop_class_uid=_CLASS, sop_instance_uid=uid, implementation_class_uid="2.25.5")
    return part10.encode(meta) + f"{uid} {number}".encode() * 1000


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


def _find(index: UidIndex, uid: str) -> list[str]:
    index.refresh()
    return [one.digest for one in index.find(uid)]


def test_objects_are_found_in_every_state(inbox: Inbox) -> None:
    digests = {uid: inbox.put(_object(uid)).digest for uid in ("1.1", "1.2", "1.3")}
    inbox.keep([digests["1.2"]])
    inbox.quarantine(digests["1.3"], UnreadableReason.MALFORMED, "")
    index = UidIndex(inbox)
    for uid, digest in digests.items():
        assert _find(index, uid) == [digest]
    assert index.find("1.1") == [Indexed(digests["1.1"], _CLASS, "2.25.5")]
    assert index.find("9.9") == []
    index.close()


def test_two_objects_of_one_uid_are_both_found(inbox: Inbox) -> None:
    digests = sorted(inbox.put(_object("1.1", number)).digest for number in range(2))
    index = UidIndex(inbox)
    assert _find(index, "1.1") == digests
    index.close()


def test_what_comes_later_is_found_also_within_one_tick_of_the_clock(inbox: Inbox) -> None:
    index = UidIndex(inbox)
    now = time.time()
    for number in range(20):
        digest = inbox.put(_object(f"1.{number}")).digest
        os.utime(inbox.root / "new", (now, now))
        assert _find(index, f"1.{number}") == [digest]
    index.close()


def test_a_folder_that_has_not_changed_is_not_listed_again(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put(_object("1.1"))
    for folder in (inbox.root / "new", inbox.root / "quarantine", *(inbox.root / "kept").iterdir()):
        os.utime(folder, (1e9, 1e9))
    index = UidIndex(inbox)
    index.refresh()
    monkeypatch.setattr(index, "_take_in", lambda *_: pytest.fail("it was listed again"))
    assert len(_find(index, "1.1")) == 1
    index.close()


@pytest.mark.parametrize("harm", ["lost", "damaged", "empty"])
def test_an_index_that_is_lost_or_damaged_is_made_anew(inbox: Inbox, harm: str) -> None:
    digest = inbox.put(_object("1.1")).digest
    index = UidIndex(inbox)
    index.refresh()
    index.close()
    file = inbox.root / "uids.sqlite"
    if harm == "lost":
        file.unlink()
    else:
        file.write_bytes(b"" if harm == "empty" else b"not a database at all" * 100)
    index = UidIndex(inbox)
    assert _find(index, "1.1") == [digest]
    index.close()


def test_a_file_without_a_header_has_no_uid_and_stops_nothing(inbox: Inbox) -> None:
    inbox.put(b"\x08\x00\x16\x00 no header")
    digest = inbox.put(_object("1.1")).digest
    index = UidIndex(inbox)
    assert _find(index, "1.1") == [digest]
    index.close()


def test_a_disk_that_refuses_is_a_storage_error_and_heals(inbox: Inbox) -> None:
    digest = inbox.put(_object("1.1")).digest
    (inbox.root / "uids.sqlite").mkdir()
    index = UidIndex(inbox)
    with pytest.raises(StorageError):
        index.refresh()
    (inbox.root / "uids.sqlite").rmdir()
    assert _find(index, "1.1") == [digest]
    index.close()


@pytest.mark.parametrize("state", ["new", "kept", "quarantine"])
def test_an_object_is_safe_when_its_bytes_are_intact(inbox: Inbox, state: str) -> None:
    digest = inbox.put(_object("1.1")).digest
    if state == "kept":
        inbox.keep([digest])
    elif state == "quarantine":
        inbox.quarantine(digest, UnreadableReason.MALFORMED, "")
    assert inbox.head(digest, 200) == _object("1.1")[:200]
    assert inbox.is_safe(digest)
    (path,) = inbox.root.glob(f"{state}/**/{digest}.dcm*")
    path.write_bytes(path.read_bytes()[:-1])
    assert not inbox.is_safe(digest)
    path.unlink()
    assert not inbox.is_safe(digest)
