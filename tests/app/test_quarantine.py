"""What is in quarantine can be looked at, read again and dropped; nothing else is ever destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from alara import config as configuration
from alara.app.importing import import_paths
from alara.app.quarantine import aside, choose, closer, drop, retry
from alara.config import Config
from alara.errors import NothingFound, UnreadableReason, UsageError
from alara.inbox import Inbox

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
