"""The parts of a fetch: the journal, the pace, windows of time, peers by name, and what opens an archive."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alara.app.credentials import credentials_of
from alara.app.fetch_pace import Hours, Pace, Stopped
from alara.app.fetch_state import Journal, job_file
from alara.app.peers import find_peer
from alara.config import Config, load
from alara.errors import ConfigError, PeerUnavailable, UsageError
from alara.node.archive import Window
from alara.peers import Credentials, Peer

DAY = date(2026, 10, 5)


def test_a_journal_remembers_what_it_was_told(tmp_path: Path) -> None:
    file = job_file(tmp_path / "fetch", "PACS", "SR")
    with Journal.open(file) as journal:
        journal.failed("1.2", "it broke")
        journal.failed("1.3", "it broke")
        journal.failed("2026-10-05", "it broke")
        journal.has("1.2")
        journal.mended("2026-10-05")
        journal.done(DAY)
    past = Journal.read(file)
    assert (past.objects, past.days, past.failed) == ({"1.2"}, {DAY}, {"1.3": "it broke"})


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "job.jsonl"
    with Journal.open(file) as journal:
        journal.has("1.2")
        journal.has("1.2.3")
    file.write_bytes(file.read_bytes()[:-cut])
    with Journal.open(file) as journal:
        assert "1.2" in journal.past.objects
        journal.has("1.2.4")
    assert {"1.2", "1.2.4"} <= Journal.read(file).objects


def test_the_name_of_a_job_stays_in_its_folder(tmp_path: Path) -> None:
    file = job_file(tmp_path, "../../../etc/x@host:1", "SR")
    assert file.parent == tmp_path
    assert file.name == "etc-x-host-1-SR.jsonl"


@pytest.mark.parametrize(
    ("hours", "clock", "wait_h"),
    [
        ("20-06", 23, 0),
        ("20-06", 5, 0),
        ("20-06", 6, 14),
        ("20-06", 19, 1),
        ("8-12", 7, 1),
        ("8-12", 12, 20),
        ("20-24", 23, 0),
        ("20-24", 0, 20),
        ("0-24", 3, 0),
    ],
)
def test_hours_of_the_day_also_over_midnight(hours: str, clock: int, wait_h: int) -> None:
    assert Hours.parse(hours).wait(datetime(2026, 10, 5, clock)) == timedelta(hours=wait_h)


@pytest.mark.parametrize("text", ["", "20", "20-20", "24-06", "20-25", "20:00-06:00"])
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no hours of the day"):
        Hours.parse(text)


class _Clock:
    """A time that passes only while somebody waits."""

    def __init__(self, start: datetime) -> None:
        self.time, self.waits = start, list[float]()

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.time += timedelta(seconds=seconds)
        if seconds:
            self.waits.append(seconds)
        return False


def test_outside_the_hours_it_closes_what_is_open_and_waits() -> None:
    clock, rested = _Clock(datetime(2026, 10, 5, 7, 30)), list[timedelta]()
    pace = Pace(hours=Hours(20, 6), wait=clock.wait, rest=rested.append, now=clock.now)
    pace.before_object()
    pace.before_object()
    assert clock.time == datetime(2026, 10, 5, 20)
    assert rested == [timedelta(hours=12, minutes=30)]


def test_a_rate_spaces_the_objects() -> None:
    clock = _Clock(datetime(2026, 10, 5))
    pace = Pace(rate=0.5, wait=clock.wait)
    for _ in range(4):
        pace.before_object()
    assert len(clock.waits) == 3
    assert all(1.5 < wait <= 2 for wait in clock.waits)


def test_what_is_not_there_is_asked_again_after_growing_pauses_and_then_told() -> None:
    clock = _Clock(datetime(2026, 10, 5))

    def ask() -> None:
        raise PeerUnavailable("gone")

    with pytest.raises(PeerUnavailable):
        Pace(wait=clock.wait).persistently(ask)
    assert clock.waits == sorted(clock.waits)
    assert len(clock.waits) == 3


def test_a_stop_is_heard_in_every_wait() -> None:
    with pytest.raises(Stopped):
        Pace(wait=lambda _: True).before_object()
    with pytest.raises(Stopped):
        Pace(wait=lambda _: True).persistently(lambda: None)


def test_halves_of_a_day_are_the_day_down_to_a_minute() -> None:
    parts, shortest = [Window(DAY)], list[Window]()
    while parts:
        part = parts.pop()
        halves = part.halves()
        if halves is None:
            shortest.append(part)
        else:
            assert (halves[0].first_s, halves[1].last_s) == (part.first_s, part.last_s)
            assert halves[0].last_s + 1 == halves[1].first_s
            parts += halves
    seconds = sorted(second for part in shortest for second in range(part.first_s, part.last_s + 1))
    assert seconds == list(range(24 * 3600))
    assert Window(DAY).dicom_time == ""
    assert Window(DAY, 3600, 7199).dicom_time == "010000-015959"


def test_peers_of_the_file_have_names(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text(
        '[peers.PACS]\naet = "ARCHIVE"\nhost = "10.0.0.5"\nport = 104\nretrieve = "move"\n'
        '[peers.WEB]\nurl = "https://pacs.example/dicom-web/"\ncredentials = "/etc/alara/web"\n'
    )
    config = load(environ={}, file=file)
    assert config.peers["PACS"] == Peer(name="PACS", aet="ARCHIVE", host="10.0.0.5", port=104, retrieve="move")
    assert config.peers["WEB"].url == "https://pacs.example/dicom-web"
    assert config.sources["peers"] == str(file)
    assert load(environ=config.environ()).peers == config.peers


def test_everything_wrong_with_peers_is_told_at_once_and_no_secret_is(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text(
        '[peers.A]\naet = "A"\n'
        '[peers.B]\nurl = "https://u:hunter2@x"\n'
        '[peers.C]\nurl = "https://x"\npassword = "hunter3"\n'
        '[peers.D]\nurl = "ftp://x"\n'
        '[peers."../E"]\nurl = "https://x"\n'
        '[peers.F]\nurl = "https://x"\nretrieve = "take"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(environ={}, file=file)
    told = ("A lacks host and port", "B.url must hold no", "C: there is no 'password'", "D.url", "E'", "F.retrieve")
    for words in told:
        assert words in caught.value.message
    assert "hunter" not in caught.value.message


def test_a_peer_is_named_or_typed() -> None:
    known = Peer(name="PACS", aet="A", host="h", port=1)
    config = Config(peers={"PACS": known})
    assert find_peer(config, "PACS") is known
    typed = find_peer(config, "MY PACS@[::1]:104")
    assert (typed.aet, typed.host, typed.port) == ("MY PACS", "::1", 104)
    assert find_peer(config, "https://x/rs").url == "https://x/rs"
    for wrong in ("A@host:99999", "seventeen letters@h:1", "http://", "https://user:secret@x/rs"):
        with pytest.raises(UsageError, match="no address of a peer") as caught:
            find_peer(config, wrong)
        assert "secret" not in caught.value.message
    with pytest.raises(UsageError, match="no peer 'OTHER'") as caught:
        find_peer(config, "OTHER")
    assert "PACS" in caught.value.hint


@pytest.mark.parametrize(("text", "host"), [("pacs:104", "pacs"), ("10.1.2.3:104", "10.1.2.3"), ("[::1]:104", "::1")])
def test_a_node_without_an_ae_title_is_called_by_the_one_that_the_command_says(text: str, host: str) -> None:
    typed = find_peer(Config(), text, aet="ALARA")
    assert (typed.name, typed.aet, typed.host, typed.port) == (text, "ALARA", host, 104)
    with pytest.raises(UsageError, match="lacks the AE title"):
        find_peer(Config(), text)


def test_credentials_come_from_the_environment_or_a_file_of_our_own(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text('user = "alara"\npassword = "hunter2"\n')
    file.chmod(0o600)
    peer = Peer(name="my-PACS", url="https://x", credentials=str(file))
    assert credentials_of(peer, {}) == Credentials(user="alara", password="hunter2")
    assert credentials_of(peer, {"ALARA_PEER_MY_PACS_TOKEN": "t"}) == Credentials(token="t")
    assert not credentials_of(Peer(name="X", url="https://x"), {})
    assert "hunter2" not in repr(credentials_of(peer, {}))


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("hunter2", 0o600),
        ('token = "hunter2"', 0o644),
        ('user = "hunter2"', 0o600),
        ('secret = "hunter2"', 0o600),
        ("", 0o600),
        (None, 0o600),
    ],
)
def test_credentials_that_cannot_be_used_are_told_and_not_shown(tmp_path: Path, text: Any, mode: int) -> None:
    file = tmp_path / "secret"
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises(ConfigError) as caught:
        credentials_of(Peer(name="P", url="https://x", credentials=str(file)), {})
    assert "hunter2" not in json.dumps([caught.value.message, caught.value.hint])
    assert caught.value.hint
