"""Doses typed into a CSV file: what is accepted, what is told, and that nothing downstream is special."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from alara import config as configuration
from alara.app.audit import audit_period
from alara.app.manual import COLUMNS, ManualSheet, import_manual, read_sheet, template
from alara.app.manual.entry import MANUAL_ENTRY, as_bytes
from alara.cli import cli
from alara.config import Config
from alara.errors import UsageError
from alara.findings import FindingCode
from alara.model import Plane, ReportKind
from alara.pseudonym import Pseudonymiser
from alara.sr import read_bytes
from alara.store import Store

HEADER = "date,time,station,description,p_ka_gycm2,ka_r_mgy,fluoroscopy_time_s"
ROW = "2024-10-05,14:32,C-ARM-2,Hip injection left,1.2,3.4,30"


def sheet(*rows: str, header: str = HEADER, encoding: str = "utf-8") -> ManualSheet:
    return read_sheet("\n".join((header, *rows)).encode(encoding), "typed.csv")


def errors(*rows: str, header: str = HEADER) -> list[str]:
    with pytest.raises(UsageError) as caught:
        sheet(*rows, header=header)
    first, *others = caught.value.message.splitlines()
    assert first == "Nothing of typed.csv was imported, because of:"
    return [other.strip() for other in others]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configuration.load({"data_dir": str(tmp_path / "data"), "key_file": str(tmp_path / "key")})


@pytest.fixture
def imported(config: Config) -> Callable[..., dict[str, int]]:
    """Import rows; how many ended how."""

    def run(*rows: str, header: str = HEADER) -> dict[str, int]:
        ends = import_manual(config, sheet(*rows, header=header)).tally.ends
        return {end: count for end, count in ends.items() if count}

    return run


def procedures(config: Config) -> list[dict[str, object]]:
    with Store.open(config.database_url) as store:
        frame = store.procedures(date(2024, 1, 1), date(2025, 1, 1))
    found: list[dict[str, object]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return found


# --- what a row becomes ------------------------------------------------------------------------------


def test_a_row_is_a_dose_report_that_says_it_was_typed():
    report = read_bytes(as_bytes(sheet(ROW).entries[0]))
    assert report.kind is ReportKind.FLUOROSCOPY
    assert report.sources_of_dose == (MANUAL_ENTRY,)
    assert report.started is not None
    assert report.started.local == datetime(2024, 10, 5, 14, 32)
    assert report.study_description == "Hip injection left"
    assert (report.totals.p_ka_gycm2, report.totals.ka_r_mgy, report.totals.fluoroscopy_time_s) == (1.2, 3.4, 30)
    assert report.quirks == ()
    assert [finding.code for finding in report.findings] == [FindingCode.NO_EVENTS]


def test_what_is_left_empty_is_absent_and_never_zero():
    (report,) = sheet("2024-10-05,14:32,C-ARM-2,,,,30").reports
    assert report.totals.p_ka_gycm2 is None
    assert report.totals.ka_r_mgy is None
    assert FindingCode.P_KA_MISSING in [finding.code for finding in report.findings]


@pytest.mark.parametrize(
    ("column", "cell", "p_ka_gycm2"),
    [
        ("p_ka_gycm2", "1.2", 1.2),
        ("p_ka_dgycm2", "12", 1.2),
        ("p_ka_cgycm2", "120", 1.2),
        ("p_ka_ugym2", "120", 1.2),
        ("p_ka_mgycm2", "1200", 1.2),
    ],
)
def test_the_unit_of_the_kerma_area_product_is_in_its_column(column: str, cell: str, p_ka_gycm2: float):
    (entry,) = sheet(f"2024-10-05,14:32,C2,{cell}", header=f"date,time,station,{column}").entries
    assert entry.dose.p_ka is not None
    assert entry.dose.p_ka.amount == p_ka_gycm2


def test_the_example_of_the_method_is_right():
    text = (Path(__file__).parents[2] / "docs" / "methods" / "manual-entry.md").read_text(encoding="utf-8")
    example = text.split("```")[-2].strip()
    (entry,) = read_sheet(example.encode(), "example.csv").entries
    assert [str(part) for part in (entry.dose.p_ka, entry.dose.ka_r, entry.dose.fluoroscopy_time)] == [
        "1.205 Gy.cm2",
        "3.4 mGy",
        "30 s",
    ]


def test_minutes_become_seconds():
    (entry,) = sheet("2024-10-05,14:32,C2,1.5", header="date,time,station,fluoroscopy_time_min").entries
    assert entry.dose.fluoroscopy_time is not None
    assert entry.dose.fluoroscopy_time.amount == 90


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_european_spreadsheet_is_understood(encoding: str, separator: str):
    header = HEADER.replace(",", separator)
    row = separator.join(("2024-10-05", "14:32", "C-ARM-2", "Hüfte – links, lateral", "1,2", "3,4", "30"))
    (entry,) = sheet(row, header=header, encoding=encoding).entries
    assert entry.description == "Hüfte – links, lateral"
    assert entry.dose.p_ka is not None
    assert entry.dose.p_ka.amount == 1.2


def test_the_template_filled_in_is_accepted():
    header, *meanings = template().splitlines()
    names = next(csv.reader([header]))
    assert set(names) <= set(COLUMNS)
    assert all(any(name in meaning for meaning in meanings) for name in COLUMNS)
    row = {"date": "2024-10-05", "time": "14:32", "station": "C2", "p_ka_gycm2": "1.2"}
    filled = io.StringIO()
    csv.DictWriter(filled, names, restval="").writerow(row)
    assert len(read_sheet((template() + filled.getvalue()).encode("utf-8-sig"), "t.csv").entries) == 1


@given(st.decimals(min_value="0.0001", max_value=1000, places=4), st.sampled_from(["gycm2", "cgycm2", "ugym2"]))
def test_every_amount_is_read_back_as_it_was_typed(amount, unit):
    (entry,) = sheet(f"2024-10-05,14:32,C2,{amount}", header=f"date,time,station,p_ka_{unit}").entries
    assert read_bytes(as_bytes(entry)).accumulated == (entry.dose,)


@given(st.binary(max_size=200) | st.text(st.sampled_from('date,time;ka_r_mgy#"\r\n 2024-10:05\\'), max_size=120))
def test_any_bytes_are_a_sheet_or_errors(data):
    body = data if isinstance(data, bytes) else data.encode()
    for prefix in (b"", b"date,time,station,ka_r_mgy\n"):
        with contextlib.suppress(UsageError):
            read_sheet(prefix + body, "typed.csv")


# --- what is wrong is told, all of it, by line -------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("2024-10-05,14:32,C2,,1O.5,3,30", "line 2: p_ka_gycm2 is no number above zero: 1O.5"),
        ("2024-10-05,14:32,C2,,-1,3,30", "line 2: p_ka_gycm2 is no number above zero: -1"),
        ("2024-10-05,14:32,C2,,200000,3,30", "line 2: a dose or time is larger than any that a C-arm can give"),
        ("2024-10-05,14:32,C2,,nan,3,30", "line 2: p_ka_gycm2 is no number above zero: nan"),
        ("2024-10-05,14:32,C2,,0.0,3,30", "line 2: p_ka_gycm2 is zero: leave it empty when it is not known: 0.0"),
        (
            '2024-10-05,14:32,C2,,"1,234",3,30',
            "line 2: p_ka_gycm2 has a comma in a file separated by commas; write a point: 1,234",
        ),
        ("2024-10-05,14:32,C2,,99999999999,3,30", "line 2: a dose or time is larger than any that a C-arm can give"),
        ("05.10.2024,14:32,C2,,1,3,30", "line 2: date is not a date like 2026-10-05: 05.10.2024"),
        ("2024-02-31,14:32,C2,,1,3,30", "line 2: date is no day of the calendar: 2024-02-31"),
        ("2924-02-21,14:32,C2,,1,3,30", "line 2: date is before 1990 or in the future: 2924-02-21"),
        ("2024-10-05,2:32 pm,C2,,1,3,30", "line 2: time is not a time like 14:32: 2:32 pm"),
        ("2024-10-05,25:00,C2,,1,3,30", "line 2: time is no time of the day: 25:00"),
        ("2024-10-05,,C2,,1,3,30", "line 2: time is empty"),
        ("2024-10-05,14:32,,,1,3,30", "line 2: station and serial are both empty: which C-arm was it?"),
        ("2024-10-05,14:32,C2,,,,", "line 2: no dose and no fluoroscopy time"),
        (
            "2024-10-05,14:32,C2,Hip, left,1,3,30",
            "line 2: more cells than the 7 columns; a text with a separator needs quotes",
        ),
    ],
)
def test_a_wrong_row_is_named_by_its_line(row: str, error: str):
    assert errors(row) == [error]


def test_everything_wrong_is_told_at_once():
    told = errors(ROW, "2024-10-05,x,C2,,1,y,30", "", ROW.replace("1.2", "z"))
    assert [line.split(":")[0] for line in told] == ["line 3", "line 3", "line 5"]


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ("date,time,station,dap", "line 1: there is no column 'dap'"),
        ("date,time,station,ka_r_mgy,ka_r_mgy", "line 1: the column ka_r_mgy stands twice"),
        ("date,station,ka_r_mgy", "line 1: the column time is missing"),
        ("date,time,ka_r_mgy", "line 1: the columns station and serial are both missing"),
        (
            "date,time,station,p_ka_gycm2,p_ka_ugym2",
            "line 1: of p_ka_gycm2 and p_ka_ugym2 only one may stand",
        ),
    ],
)
def test_a_wrong_header_is_told(header: str, error: str):
    assert error in errors("", header=header)


def test_a_wrong_header_hides_no_fault_of_the_rows():
    told = errors("05.10.2024,14:32,C2,1,0", "2024-10-05,2:32 pm,C2,1,3", header="date,time,station,dap,p_ka_gycm2")
    assert told == [
        "line 1: there is no column 'dap'",
        "line 2: date is not a date like 2026-10-05: 05.10.2024",
        "line 2: p_ka_gycm2 is zero: leave it empty when it is not known: 0",
        "line 3: time is not a time like 14:32: 2:32 pm",
    ]


def test_of_a_file_without_one_known_column_only_the_header_is_told():
    assert all(error.startswith("line 1: ") for error in errors("Meier,1961", header="name,born"))


def test_two_decimal_marks_in_one_file_are_not_guessed_at():
    header = HEADER.replace(",", ";")
    told = errors("2024-10-05;14:32;C2;;1,2;3;30", "2024-10-05;15:32;C2;;1.234;3;30", header=header)
    assert told == ["line 3: p_ka_gycm2 has another decimal mark than line 2; use one: 1.234"]


def test_an_error_never_repeats_what_is_private():
    header = f"{HEADER},patient_id,birth_year,comment"
    told = "\n".join(errors(f"{ROW},{'MRN-77' * 20},19x61,Meier\\Anna", header=header))
    assert told.count("line 2") == 3
    for private in ("MRN-77", "19x61", "Meier"):
        assert private not in told


def test_a_workbook_instead_of_a_csv_is_told():
    with pytest.raises(UsageError, match="is not a CSV file"):
        read_sheet(b"PK\3\4\0\0", "typed.xlsx")


def test_two_rows_that_contradict_each_other_are_told():
    assert errors(ROW, ROW.replace("1.2", "2.1")) == [
        "line 3: says something else of the procedure and plane of line 2; "
        "remove one of the two, or say in the column entered which was typed later"
    ]


def test_a_probable_slip_of_units_is_told_but_imported():
    odd = list(sheet(ROW.replace("1.2", "120")).odd())
    assert [(line, finding.code) for line, finding in odd] == [(2, FindingCode.FIELD_AREA_IMPLAUSIBLE)]


# --- from there the same way as what a C-arm sends ---------------------------------------------------


def test_the_same_file_again_changes_nothing(config: Config, imported: Callable[..., dict[str, int]]):
    assert imported(ROW) == {"stored": 1}
    before = procedures(config)
    assert imported(ROW, ROW) == {"duplicate": 2}
    assert procedures(config) == before
    assert [row["p_ka_gycm2"] for row in before] == [1.2]


def test_a_row_typed_later_replaces_an_earlier(config: Config, imported: Callable[..., dict[str, int]]):
    imported(ROW)
    imported(f"{ROW.replace('1.2', '2.1')},2024-10-05", header=f"{HEADER},entered")
    (procedure,) = procedures(config)
    assert (procedure["p_ka_gycm2"], procedure["reports"]) == (2.1, 2)


def test_two_files_that_contradict_each_other_are_a_conflict(config: Config, imported: Callable[..., dict[str, int]]):
    imported(ROW)
    assert imported(ROW.replace("1.2", "2.1")) == {"conflict": 1}
    (procedure,) = procedures(config)
    assert "uid_conflict" in str(procedure["findings"])


def test_a_row_a_plane_is_one_procedure(config: Config, imported: Callable[..., dict[str, int]]):
    imported(f"{ROW},B", f"{ROW.replace('1.2', '2.4')},A", header=f"{HEADER},plane")
    (procedure,) = procedures(config)
    assert procedure["planes"] == 2
    assert procedure["p_ka_gycm2"] == pytest.approx(3.6)
    with Store.open(config.database_url) as store:
        detail = store.procedure(str(procedure["case_id"]))
    assert detail is not None
    assert [(totals.plane, totals.p_ka_gycm2) for totals in detail.procedure.planes] == [(Plane.A, 2.4), (Plane.B, 1.2)]


def test_no_patient_id_is_in_the_database_nor_found_by_trying(config: Config, imported: Callable[..., dict[str, int]]):
    imported(f"{ROW},MRN-0077", header=f"{HEADER},patient_id")
    assert b"MRN-0077" not in (config.data_dir / "alara.sqlite").read_bytes()
    (entry,) = sheet(f"{ROW},MRN-0077", header=f"{HEADER},patient_id").entries
    other = Pseudonymiser(bytes(32))
    assert as_bytes(entry, other) != as_bytes(entry, Pseudonymiser.from_file(config.key_file))
    (nobody,) = sheet(ROW).entries
    assert (entry.study_instance_uid, entry.sop_instance_uid) == (nobody.study_instance_uid, nobody.sop_instance_uid)


def test_a_typed_month_is_audited(config: Config, imported: Callable[..., dict[str, int]], tmp_path: Path):
    imported(ROW, ROW.replace("14:32", "15:10").replace("Hip", "Knee"))
    audit = audit_period(config, "2024-10", tmp_path / "out").audit
    assert list(audit.cases["p_ka_gycm2"]) == [1.2, 1.2]
    assert list(audit.cases["procedure_id"].notna()) == [True, True]


# --- the command -------------------------------------------------------------------------------------


class TestCommand:
    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        self.folder = tmp_path

    def alara(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["import", *arguments, "--data-dir", "data", "--key-file", "key"])

    def test_a_dry_run_shows_the_rows_and_keeps_nothing(self):
        (self.folder / "typed.csv").write_text(f"{HEADER}\n{ROW}\n")
        done = self.alara("--manual", "typed.csv", "--dry-run")
        assert done.exit_code == 0
        assert "line 2: 2024-10-05 14:32, C-ARM-2, Hip injection left" in done.output
        assert "P_KA 1.2 Gy.cm2" in done.output
        assert sorted(path.name for path in self.folder.iterdir()) == ["typed.csv"]

    def test_a_dry_run_for_programs(self):
        (self.folder / "typed.csv").write_text(f"{HEADER}\n{ROW}\n")
        (row,) = json.loads(self.alara("--manual", "typed.csv", "--dry-run", "--json").output)["rows"]
        assert (row["line"], row["p_ka_gycm2"], row["findings"]) == (2, 1.2, [])

    def test_one_wrong_row_and_nothing_is_imported(self):
        (self.folder / "typed.csv").write_text(f"{HEADER}\n{ROW}\n{ROW.replace('30', 'x')}\n")
        done = self.alara("--manual", "typed.csv")
        assert isinstance(done.exception, UsageError)
        assert "line 3: fluoroscopy_time_s is no number above zero: x" in done.exception.message
        assert sorted(path.name for path in self.folder.iterdir()) == ["typed.csv"]

    def test_the_template_is_printed_or_written_but_never_over_a_file(self):
        assert self.alara("--template").output == template()
        assert self.alara("--template", "typed.csv").exit_code == 0
        assert (self.folder / "typed.csv").read_text("utf-8-sig") == template()
        assert isinstance(self.alara("--template", "typed.csv").exception, UsageError)

    @pytest.mark.parametrize(
        "arguments", [(), ("a", "--manual", "b"), ("--template", "-", "--manual", "b"), ("a", "--dry-run")]
    )
    def test_what_cannot_be_meant_is_told(self, arguments: tuple[str, ...]):
        assert isinstance(self.alara(*arguments).exception, UsageError)
