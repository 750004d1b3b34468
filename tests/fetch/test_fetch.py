"""A fetch against an archive that misbehaves on demand: what it asks, what it brings, what it says and remembers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from archives import MONTH
from made_archive import FIND, MOVE, MadeArchive, make, real

from alara.app.fetch_state import Journal, job_file
from alara.app.fetch_summary import FetchSummary
from alara.config import Config
from alara.errors import NetworkError, StorageError, UsageError
from alara.inbox import Inbox
from alara.sop_classes import BASIC_TEXT_SR
from alara.store import Store
from tests.free_ports import free_port

Fetch = Callable[..., FetchSummary]
DAYS = [f"202610{day:02}" for day in range(1, 11)]


def month(count: int) -> list[Any]:
    return [make(number, DAYS[number % 10], f"{number % 24:02}0000") for number in range(1, count + 1)]


def test_what_an_archive_has_of_a_month_ends_in_the_database(run: Fetch, config: Config) -> None:
    with MadeArchive(real(sorted(MONTH.glob("00[01]*.dcm")))) as archive:
        summary = run(archive.address, until=date(2026, 10, 31))
    assert (summary.found, summary.fetched, summary.failed, summary.days_asked) == (19, 19, {}, 31)
    assert summary.tally.ends["stored"] == 19
    with Store.open(config.database_url, create=False) as store:
        assert sorted(store.report_uids()) == sorted(archive.sent)


def test_the_same_again_asks_nothing_and_fetches_nothing(run: Fetch) -> None:
    with MadeArchive(month(5)) as archive:
        run(archive.address)
        asked = len(archive.questions)
        again = run(archive.address)
        assert (len(archive.questions), archive.retrievals) == (asked, 5)
        assert (again.days_done_before, again.days_asked) == (10, 0)
        asked_again = run(archive.address, again=True)
    assert (asked_again.here, asked_again.fetched, archive.retrievals) == (5, 0, 5)


def test_the_last_two_days_are_asked_again_since_reports_come_late(run: Fetch) -> None:
    today = datetime.now().astimezone().date()
    days = {"since": today - timedelta(days=3), "until": today}
    with MadeArchive([make(1, f"{today:%Y%m%d}", "080000")]) as archive:
        assert run(archive.address, **days).fetched == 1
        archive.objects.append(make(2, f"{today:%Y%m%d}", "090000"))
        again = run(archive.address, **days)
    assert (again.days_done_before, again.days_asked, again.here, again.fetched) == (2, 2, 1, 1)


def test_what_the_c_arm_has_sent_itself_is_not_fetched(run: Fetch, config: Config) -> None:
    from alara.app.importing import import_paths

    files = sorted(MONTH.glob("000*.dcm"))
    import_paths(config, files[:4])
    with MadeArchive(real(files)) as archive:
        summary = run(archive.address, until=date(2026, 10, 31))
    assert (summary.here, summary.fetched) == (4, 5)


def test_a_dry_run_says_what_would_come_and_leaves_no_trace(run: Fetch, config: Config) -> None:
    with MadeArchive(month(5)) as archive:
        summary = run(archive.address, dry_run=True)
    assert (summary.found, summary.fetched, archive.retrievals) == (5, 0, 0)
    assert "5 would be fetched" in summary.lines()[0]
    assert not config.data_dir.exists()


@pytest.mark.slow
@pytest.mark.parametrize("silently", [False, True])
def test_a_day_with_too_many_answers_is_asked_in_parts(
    run: Fetch, config: Config, silently: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = [make(number, DAYS[4], f"{number % 24:02}{number % 60:02}00") for number in range(1, 21)]
    with MadeArchive(busy, most=5, silently=silently) as archive:
        address = archive.address
        if silently:
            table = {"aet": "ARCHIVE", "host": "127.0.0.1", "port": archive.port, "most_answers": 5}
            config = Config(
                data_dir=config.data_dir,
                key_file=config.key_file,
                peers=_peers({"PACS": table}),
            )
            summary = _fetch(config, "PACS")
        else:
            summary = run(address)
    assert (summary.fetched, summary.failed) == (20, {})
    assert any(question.get("StudyTime") for question in archive.of("STUDY"))


def test_more_than_an_archive_answers_of_one_minute_is_told(run: Fetch) -> None:
    busy = [make(number, DAYS[4], "120000") for number in range(1, 10)]
    with MadeArchive([*busy, make(99, DAYS[5], "120000")], most=5) as archive:
        summary = run(archive.address)
    [(window, why)] = summary.failed.items()
    assert window.startswith("2026-10-05 12:00:00")
    assert "more than it answers" in why
    assert summary.fetched == 1


@pytest.mark.parametrize("fault", [{"knows_modalities": False}, {"refuses_modalities": True}])
def test_an_archive_that_does_not_know_modalities_in_study_is_asked_for_series(
    run: Fetch, fault: dict[str, bool]
) -> None:
    images = [make(number, DAYS[1], "100000", Modality="XA") for number in (7, 8)]
    with MadeArchive(month(3) + images, **fault) as archive:
        summary = run(archive.address)
    assert (summary.found, summary.fetched, summary.failed) == (3, 3, {})


def test_an_archive_that_does_not_tell_objects_is_asked_for_the_series(run: Fetch) -> None:
    with MadeArchive(month(3), tells_objects=False) as archive:
        assert run(archive.address).fetched == 3
        assert run(archive.address, again=True).here == 3
        assert archive.retrievals == 3


def test_radiologists_reports_are_not_fetched(run: Fetch) -> None:
    with MadeArchive([*month(2), make(3, DAYS[3], "100000", SOPClassUID=BASIC_TEXT_SR)]) as archive:
        assert run(archive.address).found == 2


def test_a_study_without_a_usable_uid_costs_only_itself(run: Fetch) -> None:
    odd = [
        make(7, DAYS[1], "100000", StudyInstanceUID="1.2/../*"),
        make(8, DAYS[2], "100000", SeriesInstanceUID=None),
    ]
    with MadeArchive(month(3) + odd) as archive:
        summary = run(archive.address)
    assert summary.fetched == 3
    assert len(summary.failed) == 2
    assert all("no usable UID" in why for why in summary.failed.values())


def test_what_could_not_be_sent_is_named_and_tried_again_next_time(run: Fetch) -> None:
    with MadeArchive(month(5), cannot_send={"1.2.2.3": 0xC000, "1.2.4.3": 0xA702}) as archive:
        summary = run(archive.address)
        assert summary.fetched == 3
        assert summary.failed == {
            "1.2.2.3": "the archive answered 0xc000",
            "1.2.4.3": "the archive answered 0xa702",
        }
        assert archive.retrievals == 6  # out of resources may pass
        archive.cannot_send.clear()
        again = run(archive.address)
    assert (again.days_asked, again.fetched, again.failed) == (2, 2, {})
    assert sorted(archive.sent) == sorted(f"1.2.{number}.3" for number in range(1, 6))


def test_an_association_that_breaks_is_opened_again(run: Fetch) -> None:
    pauses: list[float] = []
    with MadeArchive(month(6), drops_at={2, 5, 6}) as archive:
        summary = run(archive.address, wait=lambda seconds: pauses.append(seconds) or False)
    assert (summary.fetched, summary.failed) == (6, {})
    assert [pause for pause in pauses if pause] == [1.0]  # 2: at once; 5: at once; 6: after a second


def test_an_object_over_which_the_archive_always_breaks_costs_only_itself(run: Fetch) -> None:
    with MadeArchive(month(4), drops_at={2, 3, 4, 5, 6}) as archive:
        summary = run(archive.address)
    assert (summary.fetched, list(summary.failed)) == (3, ["1.2.2.3"])


@pytest.mark.slow
def test_an_archive_that_goes_away_ends_the_run_and_the_next_goes_on(run: Fetch) -> None:
    archive = MadeArchive(month(6))
    with archive:

        def wait(_: float) -> bool:
            if archive.retrievals == 3:
                archive.stop()
            return False

        summary = run(archive.address, wait=wait)
        assert summary.broke_off is not None
        assert "cannot be reached" in summary.broke_off.message
        assert (summary.fetched, summary.tally.ends.total()) == (3, 3)
    with MadeArchive(month(6), port=archive.port) as archive:
        again = run(archive.address)
    assert (again.fetched, again.here, again.broke_off) == (3, 0, None)


def test_stopping_ends_after_the_object_in_hand_and_the_next_run_goes_on(run: Fetch) -> None:
    with MadeArchive(month(6)) as archive:
        summary = run(archive.address, wait=lambda _: archive.retrievals == 2)
        assert (summary.stopped, summary.fetched) == (True, 2)
        again = run(archive.address)
    assert (again.fetched, archive.retrievals) == (4, 6)


def test_a_full_disk_is_told_and_the_object_is_fetched_again(run: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    put, fails = Inbox.put, [True]

    def full(self: Inbox, data: bytes) -> Any:
        if b"1.2.3.3" in data and fails:
            raise StorageError("The disk is full.")
        return put(self, data)

    monkeypatch.setattr(Inbox, "put", full)
    with MadeArchive(month(5)) as archive:
        summary = run(archive.address)
        assert summary.broke_off is not None
        assert "full" in summary.broke_off.message
        fails.clear()
        again = run(archive.address)
    assert (summary.fetched, again.fetched) == (2, 3)


def test_two_fetches_of_one_job_are_one_too_many(run: Fetch, config: Config) -> None:
    with MadeArchive(month(1)) as archive:
        file = job_file(config.data_dir / "fetch", archive.address, "SR")
        with Journal.open(file), pytest.raises(StorageError, match="Another process fetches"):
            run(archive.address)
        assert run(archive.address).fetched == 1


def test_nobody_there_and_a_wrong_service_are_one_sentence_at_once(run: Fetch) -> None:
    port = free_port()
    slept: list[float] = []
    with pytest.raises(NetworkError, match="cannot be reached"):
        run(f"ARCHIVE@127.0.0.1:{port}", wait=lambda seconds: slept.append(seconds) or False)
    assert not any(slept)
    with (
        MadeArchive([], services=(FIND, MOVE)) as archive,
        pytest.raises(NetworkError, match="not offer C-GET") as told,
    ):
        run(archive.address)
    assert "--retrieve move" in told.value.hint
    with pytest.raises(UsageError, match="no peer 'PACS'"):
        run("PACS")


def _peers(tables: dict[str, Any]) -> Any:
    import json

    from alara.config import load

    return load(environ={"ALARA_PEERS": json.dumps(tables)}).peers


def _fetch(config: Config, name: str) -> FetchSummary:
    from alara.app.fetch import fetch
    from alara.app.fetch_summary import Wanted
    from alara.app.peers import find_peer

    days = Wanted(since=date(2026, 10, 1), until=date(2026, 10, 10))
    return fetch(config, find_peer(config, name), days, wait=lambda _: False)
