"""What the project knows, as typed frozen entries; each cites where it is from.

An entry's ``status`` says how far it can be trusted and travels to every output:
``seen`` in a source that was read, ``derived`` here from cited facts,
``second_hand`` where another text quoted the source, ``recalled`` and still to be
checked, ``title_only`` where a source exists whose figures nobody saw, a
``starting_document`` of this project, or ``proposal`` that waits for sign-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "GENERAL_REGIONS",
    "Background",
    "Coefficient",
    "Comparator",
    "Concept",
    "ContrastConfirmation",
    "CptCode",
    "Depth",
    "Evidence",
    "Expansion",
    "Grade",
    "PayerRule",
    "Policy",
    "Procedure",
    "Reference",
    "ReferenceLevel",
    "RegionCode",
    "Side",
    "SiteMapping",
    "SkinDoseFactor",
    "Status",
    "Threshold",
    "WordKind",
    "Zone",
]

#: Regions that do not say where the beam was; a level or joint in the text narrows them.
GENERAL_REGIONS = frozenset({"spine", "unspecified"})


class Status(StrEnum):
    """How far a fact can be trusted, what can be trusted most first."""

    SEEN = "seen"
    DERIVED = "derived"
    SECOND_HAND = "second_hand"
    RECALLED = "recalled"
    TITLE_ONLY = "title_only"
    STARTING_DOCUMENT = "starting_document"
    PROPOSAL = "proposal"


class Zone(StrEnum):
    """Where dose counts more: the trunk, neck and head, or the limbs."""

    CENTRAL = "central"
    APPENDICULAR = "appendicular"


class Depth(StrEnum):
    SUPERFICIAL = "superficial"
    INTERMEDIATE = "intermediate"
    DEEP = "deep"
    VARIABLE = "variable"


class Grade(StrEnum):
    """How well ultrasound can guide a procedure in the eyes of one policy."""

    words: str

    def __new__(cls, code: str, words: str) -> Grade:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    PREFERRED = "preferred", "preferred"
    EQUIVALENT = "equivalent", "equivalent"
    FEASIBLE_WITH_EXPERTISE = "feasible_with_expertise", "feasible with expertise"
    NOT_SUITABLE = "not_suitable", "not suitable"


class ContrastConfirmation(StrEnum):
    """Whether contrast under X-rays is the customary proof of where the needle is."""

    CUSTOMARY = "customary"
    OPTIONAL = "optional"
    IS_THE_TEST = "is_the_test"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class Comparator(StrEnum):
    """What ultrasound was compared with; figures against landmark say nothing about fluoroscopy."""

    FLUOROSCOPY = "fluoroscopy"
    FLUOROSCOPY_OR_CT = "fluoroscopy_or_ct"
    CT = "ct"
    LANDMARK = "landmark"
    NONE = "none"


class Side(StrEnum):
    """Which way a piece of evidence points."""

    FOR_ULTRASOUND = "for_ultrasound"
    FOR_FLUOROSCOPY = "for_fluoroscopy"
    NEITHER = "neither"


class WordKind(StrEnum):
    """What a concept in a description does for the classifier."""

    TARGET = "target"  # an anatomical target: names a procedure, used up by it
    ACT = "act"  # a technique: names a procedure, used up by it
    REGION = "region"  # a level or region: qualifies any number of procedures
    WORD = "word"  # qualifies any number of procedures
    CONTROL = "control"  # negation, history, doubt, another examination


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A publication or document; ``where`` is what finds it again."""

    id: str
    citation: str
    year: int | None = None
    where: str = ""
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One view of when ultrasound is an alternative: the grades that count as one.

    ``principle`` is the wording that it goes back to, quoted, with what it does and does not bind.
    """

    id: str
    name: str
    statement: str
    alternative_grades: tuple[Grade, ...]
    status: Status
    cites: tuple[str, ...]
    principle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerRule:
    """What guidance a payer asks for; ``Procedure.payer`` names it. A site says whether it ``applies`` there."""

    id: str
    payer: str
    asks: str
    applies: bool = False
    status: Status
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One finding about ultrasound guidance, always with what it was compared with."""

    says: str
    comparator: Comparator
    side: Side
    status: Status
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One procedure of the catalogue.

    ``match`` and ``match_medium`` are rules of the classifier over the concepts
    of the lexicon: all of the words, none of those with ``!``. ``high_dose`` marks
    what is known to reach a threshold of substantial dose.
    """

    id: str
    name: str
    zone: Zone
    region: str
    depth: Depth
    us_forward: Grade
    capacity_aware: Grade
    fluoro_standard: Grade
    contested: bool = False
    high_dose: bool = False
    contrast: ContrastConfirmation
    payer: str = ""
    note: str = ""
    evidence: tuple[Evidence, ...] = ()
    status: Status
    cites: tuple[str, ...]
    priority: int
    match: tuple[str, ...]
    match_medium: tuple[str, ...] = ()
    loinc: tuple[str, ...] = ()

    def grade(self, policy_id: str) -> Grade:
        """The grade of ultrasound under a policy of the catalogue."""
        grade: Grade = getattr(self, policy_id)
        return grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """Effective dose per P_KA, in mSv/(Gy.cm2), for a region, projection and age group.

    An empty ``projection`` is the usual mix or an unknown one, and ``as_published`` is
    never chosen, only asked for by its id; an empty ``procedures`` is all of the
    region. Ages are from ``age_min`` to below ``age_max``.
    """

    id: str
    regions: tuple[str, ...]
    procedures: tuple[str, ...] = ()
    projection: str = ""
    age_min: float
    age_max: float
    low: float
    central: float
    high: float
    weights: str
    method: str
    status: Status
    cites: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A yearly effective dose from natural sources, in mSv, of a region and a year."""

    id: str
    name: str
    annual_msv: float
    scope: str
    low_msv: float | None = None
    high_msv: float | None = None
    year: int | None = None
    status: Status
    cites: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number that a value is held against, and what then happens."""

    id: str
    quantity: str
    value: float
    unit: str
    action: str
    status: Status
    cites: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLevel:
    """A published P_KA level of a procedure; ``kind`` says whether it is a national level or one centre's."""

    id: str
    procedure_id: str
    p_ka_gycm2: float
    fluoroscopy_time_min: float | None = None
    kind: str
    place: str
    period: str = ""
    population: str = ""
    status: Status
    cites: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CptCode:
    """A CPT code number and a procedure that it may mean; no descriptor is kept."""

    id: str
    code: str
    procedure_id: str
    usual: bool
    status: Status
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionCode:
    """A code of a target region (PS3.16 CID 4031), as ``scheme:value``, and the concept of the lexicon that it is."""

    id: str
    concept: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinDoseFactor:
    """One factor between K_a,r and the peak skin dose, from its smallest to its largest value."""

    id: str
    name: str
    low: float
    high: float
    status: Status
    cites: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMapping:
    """A site's own word: what a description or a code (``scheme:value``) of its own means.

    The procedure ``unclassified`` says that a description names none, and need not be asked for again.
    """

    id: str
    description: str = ""
    code: str = ""
    procedure_id: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A concept that a description may name, and the forms that operators type for it.

    A form is one word or several; ``*`` stands for any beginning or ending of a
    word. ``within`` is the concept of which this one is a part.
    """

    id: str
    kind: WordKind
    forms: tuple[str, ...]
    within: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """An abbreviation that says several concepts at once."""

    id: str
    forms: tuple[str, ...]
    concepts: tuple[str, ...]
