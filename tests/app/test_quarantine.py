"""What is in quarantine can be looked at, read again and dropped; nothing else is ever destroyed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from alara import config as configuration
from alara.app.importing import import_paths
from alara.app.quarantine import Closer, aside, choose, closer, drop, retry
from alara.cli.quarantine import _what_to_do, quarantine_command
from alara.config import Config
from alara.errors import NothingFound, UnreadableReason, UsageError
from alara.inbox import Inbox, part10

MONTH = Path(__file__).resolve().parents[2] / "sample_rdsr" / "2026-10"
WHOLE = sorted(MONTH.glob("*.dcm"))[0]
TRUNCATED = next(MONTH.glob("*-truncated.dcm"))
GARBAGE = next(MONTH.glob("*-garbage.dcm"))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = configuration.load({"data_dir": tmp_path / "data", "key_file": tmp_path / "key"}, environ={})
    import_paths(config, [WHOLE, TRUNCATED, GARBAGE])
    return config


@pytest.fixture
def readable(config: Config) -> str:
    """A good report that an earlier reader set aside."""
    inbox = Inbox(config.inbox_dir)
    digest = inbox.put(sorted(MONTH.glob("*.dcm"))[1].read_bytes()).digest
    inbox.quarantine(digest, UnreadableReason.READER_DIED, "")
    return digest


def test_a_list_says_why_since_when_how_large_and_who_sent_it(config: Config) -> None:
    found = {one.reason: one for one in aside(config)}
    assert set(found) == {UnreadableReason.TRUNCATED, UnreadableReason.NOT_DICOM}
    assert found[UnreadableReason.TRUNCATED].size_bytes == TRUNCATED.stat().st_size
    assert found[UnreadableReason.TRUNCATED].meta.sop_class_uid == "1.2.840.10008.5.1.4.1.1.88.67"
    assert found[UnreadableReason.NOT_DICOM].meta.sop_class_uid == ""


def test_a_closer_look_reads_again_and_changes_nothing(config: Config, readable: str) -> None:
    found = closer(config, readable[:12])
    assert found.reason_now is None
    assert found.finding_count >= len(found.findings)
    digest = next(one.digest for one in aside(config) if one.reason is UnreadableReason.TRUNCATED)
    assert closer(config, digest).reason_now is UnreadableReason.TRUNCATED
    assert len(aside(config)) == 3


def test_a_retry_stores_what_can_be_read_now_and_keeps_the_rest(config: Config, readable: str) -> None:
    done = retry(config, choose(config, [], everything=True))
    assert done.read == (readable,)
    assert sorted(reason.value for _, reason in done.still) == ["not_dicom", "truncated"]
    assert readable in set(Inbox(config.inbox_dir).kept())
    assert len(aside(config)) == 2


def test_a_drop_takes_what_was_chosen_and_nothing_else(config: Config) -> None:
    inbox = Inbox(config.inbox_dir)
    kept = sorted(inbox.kept())
    drop(config, choose(config, [], reason="truncated"))
    assert [one.reason.value for one in aside(config)] == ["not_dicom"]
    assert sorted(inbox.kept()) == kept
    assert not [path for path in (inbox.root / "quarantine").iterdir() if path.stem not in aside(config)[0].digest]


def test_what_was_dropped_may_be_sent_again(config: Config) -> None:
    drop(config, choose(config, [], everything=True))
    assert import_paths(config, [TRUNCATED]).tally.ends == {"quarantined": 1}


def test_objects_are_named_by_enough_of_their_digest(config: Config) -> None:
    digest = aside(config)[0].digest
    assert [one.digest for one in choose(config, [digest[:6], digest])] == [digest]
    with pytest.raises(NothingFound):
        choose(config, ["0" * 12])
    with pytest.raises(UsageError, match="too short"):
        choose(config, [""])
    with pytest.raises(UsageError, match="either"):
        choose(config, [])
    with pytest.raises(UsageError, match="either"):
        choose(config, [digest], everything=True)
    with pytest.raises(NothingFound, match="malformed"):
        choose(config, [], reason="malformed")


def test_a_digest_leads_to_no_other_file(config: Config) -> None:
    with pytest.raises(NothingFound):
        Inbox(config.inbox_dir).drop("../kept/x")
    with pytest.raises(NothingFound):
        choose(config, ["../kept/"])


def _sent_by(calling: str, address: str, dataset: bytes) -> bytes:
    meta = part10.FileMeta(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.88.67",
        sop_instance_uid="1.2.3",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        sending_ae=calling,
        sending_address=address,
    )
    return part10.encode(meta) + dataset


def test_who_brought_an_object_first_is_still_known_when_others_have_brought_it_again(config: Config) -> None:
    times: list[datetime] = []
    inbox, dataset = Inbox(config.inbox_dir), b"\x08\x00\x05\x00CS\x0a\x00ISO"
    for calling in ("CARM1", "CARM2", "CARM3"):
        digest = inbox.put(_sent_by(calling, "10.1.2.3", dataset)).digest
        times.append(inbox.received_at(digest))
        inbox.quarantine(digest, UnreadableReason.TRUNCATED, "")
        if calling == "CARM2":
            inbox.release(digest)  # read again in between, and still not readable
            inbox.quarantine(digest, UnreadableReason.TRUNCATED, "")
    (one,) = (one for one in aside(config) if one.digest == digest)
    assert one.first is not None
    assert (one.first.sending_ae, one.first.address, one.first.received_at) == ("CARM1", "10.1.2.3", times[0])
    assert (one.meta.sending_ae, one.received_at) == ("CARM3", times[-1])
    assert one.as_dict()["first"]["sending_ae"] == "CARM1"
    drop(config, [one])
    assert not list((config.inbox_dir / "quarantine").glob(f"{digest}*"))


def test_what_came_once_and_was_read_again_has_no_other_sender(tmp_path: Path) -> None:
    config = configuration.load({"data_dir": tmp_path / "data", "key_file": tmp_path / "key"}, environ={})
    inbox = Inbox(config.inbox_dir)
    digest = inbox.put(TRUNCATED.read_bytes()).digest
    for _ in range(2):
        inbox.quarantine(digest, UnreadableReason.TRUNCATED, "")
        assert [one.first for one in aside(config)] == [None]
        inbox.release(digest)


def _shown(config: Config, digest: str) -> list[str]:
    done = CliRunner().invoke(quarantine_command, ["show", digest, "--data-dir", str(config.data_dir)])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_what_is_truncated_is_first_to_be_sent_again_and_only_then_dropped(config: Config) -> None:
    digest = next(one.digest for one in aside(config) if one.reason is UnreadableReason.TRUNCATED)
    *_, first, last = _shown(config, digest)
    assert first.startswith("next: let the C-arm or the archive send it again")
    assert "alara quarantine drop" in last
    assert last.strip().startswith("When it has come")


def test_what_can_be_read_now_is_to_be_read_again(config: Config, readable: str) -> None:
    assert _shown(config, readable)[-1].startswith("next: alara quarantine retry")


def test_what_alara_itself_fails_on_is_to_be_kept(config: Config, readable: str) -> None:
    one = next(one for one in aside(config) if one.digest == readable)
    found = Closer(one, UnreadableReason.READER_FAILED, "", (), 0)
    (line,) = _what_to_do(found)
    assert line.startswith("next: keep it")
    assert "drop" not in line
