"""What the inbox promises: content-addressed, durable, idempotent, private."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alara.errors import InboxLocked, NothingFound, StorageError, UnreadableReason
from alara.inbox import Inbox, Receipt, part10

_DATASET = b"\x08\x00\x60\x00CS\x02\x00SR" + bytes(5000)


def _file(dataset: bytes = _DATASET, *, sending_ae: str = "CARM1") -> bytes:
    return part10.encode(part10.FileMeta(sop_class_uid="1.2", sop_instance_uid="1.3", sending_ae=sending_ae)) + dataset


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_object_is_named_for_the_digest_of_its_dataset(inbox: Inbox) -> None:
    receipt = inbox.put(_file())
    assert receipt.digest == hashlib.sha256(_DATASET).hexdigest()
    assert receipt.fresh
    assert inbox.load(receipt.digest) == _file()
    assert _names(inbox.root / "new") == [f"{receipt.digest}.dcm"]


def test_the_same_dataset_under_another_header_is_the_same_object(inbox: Inbox) -> None:
    first = inbox.put(_file(sending_ae="CARM1"))
    again = inbox.put(_file(sending_ae="CARM2"))
    assert (again.digest, again.fresh) == (first.digest, False)
    assert inbox.counts().new == 1


@pytest.mark.parametrize("dataset", [b"\x08\0\x16\0UI\0\0", bytearray(b"\x08\0"), b"\2\0\x10\0UI\0\0rest", b"\2\0"])
def test_a_header_and_a_dataset_are_the_object_that_both_make_together(
    inbox: Inbox, dataset: bytes | bytearray
) -> None:
    """Also where the dataset goes on as a header would."""
    header = part10.encode(part10.FileMeta(sop_class_uid="1.2", transfer_syntax_uid="1.2.840.10008.1.2.1"))
    receipt = inbox.put_received(header, dataset)
    assert inbox.load(receipt.digest) == header + dataset
    assert inbox.put(header + dataset) == Receipt(receipt.digest, fresh=False, waiting=True)
    assert inbox.is_safe(receipt.digest)
    inbox.quarantine(receipt.digest, UnreadableReason.EMPTY, "")
    assert not inbox.put_received(header, dataset).fresh


def test_bytes_without_a_header_are_taken_whole(inbox: Inbox) -> None:
    assert inbox.put(b"anything").digest == hashlib.sha256(b"anything").hexdigest()
    assert inbox.put(b"").digest == hashlib.sha256(b"").hexdigest()


def test_what_is_kept_is_compressed_and_comes_back_byte_for_byte(inbox: Inbox) -> None:
    digest = inbox.put(_file()).digest
    received = inbox.received_at(digest)
    inbox.keep([digest])
    inbox.keep([digest, digest])
    assert inbox.load(digest) == _file()
    assert inbox.received_at(digest) == received
    kept = inbox.root / "kept" / digest[:2] / f"{digest}.dcm.zst"
    assert kept.stat().st_size < len(_file())
    assert (inbox.counts().new, inbox.counts().kept) == (0, 1)
    assert not inbox.put(_file()).fresh
    assert inbox.pending() == []


def test_quarantine_says_why_and_keeps_the_bytes(inbox: Inbox) -> None:
    digest = inbox.put(_file()).digest
    received = inbox.received_at(digest)
    inbox.quarantine(digest, UnreadableReason.TRUNCATED, "at byte 17")
    inbox.quarantine(digest, UnreadableReason.MALFORMED, "a second time")
    (found,) = inbox.quarantined()
    assert (found.digest, found.reason, found.detail) == (digest, UnreadableReason.TRUNCATED, "at byte 17")
    assert found.size_bytes == len(_file())
    assert datetime.now(UTC) - found.since < timedelta(minutes=1)
    assert inbox.load(digest) == _file()
    assert inbox.received_at(digest) == received
    assert json.loads((inbox.root / "quarantine" / f"{digest}.json").read_bytes())["reason"] == "truncated"
    assert not inbox.put(_file()).fresh
    assert inbox.pending() == []


def test_quarantine_without_its_note_is_still_listed(inbox: Inbox) -> None:
    digest = inbox.put(b"odd").digest
    inbox.quarantine(digest, UnreadableReason.NOT_DICOM, "")
    (inbox.root / "quarantine" / f"{digest}.json").write_text("{")
    assert inbox.quarantined()[0].reason is UnreadableReason.READER_FAILED


def test_the_oldest_is_read_first(inbox: Inbox) -> None:
    digests = [inbox.put(bytes([number])).digest for number in range(5)]
    for age, digest in enumerate(digests):
        os.utime(inbox.root / "new" / f"{digest}.dcm", (1000 - age, 1000 - age))
    assert inbox.pending() == digests[::-1]
    assert inbox.pending(2) == digests[:2:-1]


def test_an_object_that_waits_keeps_its_time_when_it_comes_again(inbox: Inbox) -> None:
    digest = inbox.put(_file()).digest
    os.utime(inbox.root / "new" / f"{digest}.dcm", (1000, 1000))
    assert not inbox.put(_file()).fresh
    assert inbox.received_at(digest) == datetime.fromtimestamp(1000, tz=UTC)


def test_many_are_taken_in_one_group(inbox: Inbox) -> None:
    items = [bytes([number]) * 100 for number in range(150)] + [bytes(100)]
    receipts = inbox.put_many(items)
    assert [receipt.fresh for receipt in receipts] == [True] * 150 + [False]
    assert [inbox.load(receipt.digest) for receipt in receipts] == items
    assert inbox.put_many([]) == []


def test_attempts_are_counted_until_the_object_settles(inbox: Inbox) -> None:
    kept, quarantined = inbox.put(b"a").digest, inbox.put(b"b").digest
    assert [inbox.attempt(kept) for _ in range(3)] == [1, 2, 3]
    assert Inbox(inbox.root).attempt(kept) == 4
    assert inbox.attempt(quarantined) == 1
    inbox.keep([kept])
    inbox.quarantine(quarantined, UnreadableReason.READER_DIED, "")
    assert _names(inbox.root / "attempts") == []


def test_folders_and_files_are_the_owners_alone(inbox: Inbox) -> None:
    digests = [inbox.put(bytes([number])).digest for number in range(3)]
    inbox.keep(digests[:1])
    inbox.quarantine(digests[1], UnreadableReason.NOT_DICOM, "")
    with inbox.lock():
        pass
    for folder, _, files in os.walk(inbox.root):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        for name in files:
            assert stat.S_IMODE((Path(folder) / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_digest_becomes_a_path(inbox: Inbox, name: str) -> None:
    for ask in (inbox.load, inbox.received_at, inbox.attempt):
        with pytest.raises(NothingFound):
            ask(name)
    with pytest.raises(NothingFound):
        inbox.keep([name])


def test_what_never_came_is_not_found(inbox: Inbox) -> None:
    for ask in (inbox.load, inbox.received_at, lambda digest: inbox.keep([digest])):
        with pytest.raises(NothingFound):
            ask("0" * 64)
    with pytest.raises(NothingFound):
        inbox.quarantine("0" * 64, UnreadableReason.NOT_DICOM, "")


def test_a_kept_object_that_rots_is_told(inbox: Inbox) -> None:
    digest = inbox.put(os.urandom(1000)).digest
    inbox.keep([digest])
    kept = inbox.root / "kept" / digest[:2] / f"{digest}.dcm.zst"
    data = bytearray(kept.read_bytes())
    data[500] ^= 1
    kept.write_bytes(data)
    with pytest.raises(StorageError, match="damaged"):
        inbox.load(digest)


def test_the_second_node_is_told_the_pid_of_the_first(inbox: Inbox) -> None:
    script = f"""
import sys, pathlib
from alara.errors import InboxLocked
from alara.inbox import Inbox
try:
    with Inbox(pathlib.Path({str(inbox.root)!r})).lock():
        print("locked")
except InboxLocked as error:
    print(error.message)
"""
    with inbox.lock():
        told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        assert f"process {os.getpid()}," in told
        with pytest.raises(InboxLocked), Inbox(inbox.root).lock():
            pass
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "locked\n"
    )


def test_temporary_files_of_the_dead_are_cleared_and_those_of_the_living_stay(inbox: Inbox) -> None:
    (inbox.root / "tmp" / "4711-0-dead").write_bytes(b"half")
    script = f"""
import time, pathlib
from alara.inbox import disk
with disk._temporary(pathlib.Path({str(inbox.root / "tmp")!r}), 1) as opened:
    print(opened[0][0].name, flush=True)
    time.sleep(60)
"""
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        living = writer.stdout.readline().strip()
        with inbox.lock():
            assert _names(inbox.root / "tmp") == [living]
    finally:
        writer.kill()
        writer.communicate()
    with inbox.lock():
        assert _names(inbox.root / "tmp") == []


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("a file stands here")
    with pytest.raises(StorageError) as caught:
        Inbox(tmp_path / "inbox")
    assert caught.value.hint


def test_it_refuses_while_its_folder_is_gone_and_heals_when_it_is_back(inbox: Inbox) -> None:
    (inbox.root / "new").rename(inbox.root / "away")
    (inbox.root / "new").write_text("")
    with pytest.raises(StorageError):
        inbox.put(_file())
    assert _names(inbox.root / "tmp") == []
    (inbox.root / "new").unlink()
    with pytest.raises(StorageError):
        inbox.put(_file())
    (inbox.root / "away").rename(inbox.root / "new")
    assert inbox.put(_file()).fresh


def test_a_limit_on_file_size_refuses_the_large_and_takes_the_small(tmp_path: Path) -> None:
    script = f"""
import os, pathlib, resource
from alara.errors import StorageError
from alara.inbox import Inbox
inbox = Inbox(pathlib.Path({str(tmp_path / "inbox")!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    inbox.put(bytes(20_000))
except StorageError as error:
    print(error.hint)
print(os.listdir(inbox.root / "tmp"), inbox.put(b"small").fresh)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told == "Free space on its disk.\n[] True\n"


def test_received_is_the_time_of_arrival(inbox: Inbox) -> None:
    before = time.time()
    received = inbox.received_at(inbox.put(_file()).digest)
    assert before - 1 < received.timestamp() < time.time() + 1


def test_a_receipt_says_whether_the_object_is_still_to_be_read(inbox: Inbox) -> None:
    first, again = inbox.put(_file()), inbox.put(_file())
    assert (first.waiting, again.waiting) == (True, True)
    inbox.quarantine(first.digest, UnreadableReason.TRUNCATED, "")
    assert not inbox.put(_file()).waiting
    assert inbox.why_quarantined(first.digest) is UnreadableReason.TRUNCATED
    kept = inbox.put(b"kept").digest
    inbox.keep([kept])
    assert not inbox.put(b"kept").waiting
    assert inbox.why_quarantined(kept) is None
