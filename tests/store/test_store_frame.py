"""The audit's frame holds what is in the tables, to the last digit and sign, whatever way a database gives it by."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import select

from alara.model import Plane
from alara.samples.population import months
from alara.store import Store, tables, texts
from alara.store.engine import connect
from alara.store.queries import FRAME, device_label

YEAR = (date(2026, 1, 1), date(2027, 1, 1))
ONE_DAY = (date(2026, 5, 5), date(2026, 5, 6))
#: What a text may hold that a separator, a quotation or an absent value could be taken for.
AWKWARD = (
    "",
    " ",
    'said "left"',
    '"',
    "a,b",
    "(x)",
    "back\\slash",
    "\\N",
    "\\",
    'end\\"',
    "two\nlines",
    "carriage\rreturn",
    "NA",
    "null",
    "0012",
    "1e5",
    "hüfte 髋",
    "tab\there",
    "'",
    "%s %(x)s",
)
NUMBERS = (0.1 + 0.2, 1e-300, 1.7976931348623157e308, 5e-324, 0.0, 123456789.12345678, None)


def by_rows(store: Store, start: date, end: date, site: str | None = None) -> pd.DataFrame:
    """The same as a plain question that gives a value apiece: what every other way is held against."""
    unit, procedures, planes = tables.equipment, tables.procedures, tables.planes
    p = procedures.c
    renamed = {
        "site": p.site,
        "started": p.started_local,
        "planes": p.plane_count,
        "events": p.event_count,
        "reports": p.report_count,
        "findings": p.finding_codes,
    }
    sources = (*p, *planes.c, unit.c.manufacturer, unit.c.model, unit.c.station)
    by_name = {column.name: column for column in sources} | renamed
    names = [name for name in FRAME if name != "device"]
    asked = (
        select(*(by_name[name].label(name) for name in names))
        .join(unit, unit.c.id == p.equipment_id)
        .join(planes, (planes.c.procedure_id == p.id) & (planes.c.plane == Plane.ALL.value))
        .where(p.started_local >= datetime(*start.timetuple()[:3]), p.started_local < datetime(*end.timetuple()[:3]))
        .order_by(p.started_local, p.case_id)
    )
    if site is not None:
        asked = asked.where(p.site == site)
    with connect(store._engine, store._url) as connection:
        rows = [row._asdict() for row in connection.execute(asked)]
    devices = [device_label(row["manufacturer"], row["model"], row["station"]) for row in rows]
    columns = {name: [row[name] for row in rows] for name in names} | {"device": devices}
    return pd.DataFrame({name: pd.Series(columns[name], dtype=dtype) for name, dtype in FRAME.items()})


def made_up(procedures: int) -> list[pd.DataFrame]:
    return [frame for _, _, frames in months(procedures, years=1, sites=2) for frame in frames]


def awkward() -> pd.DataFrame:
    """Rows of one day with each awkward text in each column of text, and numbers that a shorter form would lose."""
    like = made_up(2000)[0].astype(FRAME)
    frame = like.head(len(AWKWARD)).reset_index(drop=True)
    free = [name for name, dtype in FRAME.items() if dtype == "str" and not name.endswith("_basis")]
    for at, name in enumerate(free):
        if name not in ("case_id", "device"):
            frame[name] = pd.Series([*AWKWARD[at % 7 :], *AWKWARD[: at % 7]], dtype="str")
    for at, name in enumerate(name for name, dtype in FRAME.items() if dtype == "float64"):
        numbers = [NUMBERS[(row + at) % len(NUMBERS)] for row in range(len(frame))]
        frame[name] = pd.Series(numbers, dtype="float64")
    frame["case_id"] = pd.Series([f"{row:012}" for row in range(len(frame))], dtype="str")
    frame["started"] = [
        datetime(2026, 5, 5, 23, 59, 59, 999_999) - timedelta(microseconds=row) for row in range(len(frame))
    ]
    frame["started"] = frame["started"].astype("datetime64[us]")
    return frame


def test_the_frame_is_what_the_tables_hold(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_ROWS", 100)  # several texts
    store.fill(made_up(1500))
    for site in (None, "site-001", "nowhere"):
        for days in (YEAR, (date(2026, 3, 7), date(2026, 3, 20)), ONE_DAY, (date(2019, 1, 1), date(2020, 1, 1))):
            pd.testing.assert_frame_equal(store.procedures(*days, site=site), by_rows(store, *days, site=site))
    assert len(store.procedures(*YEAR)) == 1500
    pd.testing.assert_frame_equal(store.procedures(date.min, date.max), by_rows(store, date.min, date.max))


def test_no_text_and_no_number_is_changed_on_the_way(store: Store) -> None:
    frame = awkward()
    store.fill([frame])
    found = store.procedures(*ONE_DAY)
    pd.testing.assert_frame_equal(found, by_rows(store, *ONE_DAY), check_exact=True)
    expected = frame.sort_values(["started", "case_id"], ignore_index=True)
    labels = expected[["manufacturer", "model", "station"]].itertuples(index=False, name=None)
    expected["device"] = pd.Series([device_label(*words) for words in labels], dtype="str")
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_what_a_server_is_set_to_changes_nothing(store: Store, database_url: str) -> None:
    if not store.gives_text:
        return
    store.fill([awkward()])
    settings = "%20-cdatestyle%3DGerman%20-cextra_float_digits%3D-5"
    with Store.open(database_url + settings, create=False) as other:
        pd.testing.assert_frame_equal(other.procedures(*ONE_DAY), store.procedures(*ONE_DAY), check_exact=True)
