"""Reports into rows, rows into procedures: the only room that speaks SQL."""

from alara.store.compare import CaseChange, Change, Difference
from alara.store.engine import parse_url
from alara.store.moving import Move, TableContent, content_of, move
from alara.store.queries import DatabaseInfo, DeviceStatus, ProcedureDetail, ReportDetail
from alara.store.ready import ReadyReport, ready
from alara.store.repository import Store
from alara.store.reviews import Reviews
from alara.store.roles import grants
from alara.store.saving import Incoming, Outcome
from alara.store.schema import SCHEMA, upgrade

__all__ = [
    "SCHEMA",
    "CaseChange",
    "Change",
    "DatabaseInfo",
    "DeviceStatus",
    "Difference",
    "Incoming",
    "Move",
    "Outcome",
    "ProcedureDetail",
    "ReadyReport",
    "ReportDetail",
    "Reviews",
    "Store",
    "TableContent",
    "content_of",
    "grants",
    "move",
    "parse_url",
    "ready",
    "upgrade",
]
