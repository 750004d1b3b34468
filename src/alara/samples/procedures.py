"""What the sample clinic does: procedures as its operators type them, with doses around published medians.

Medians of P_KA and fluoroscopy time are of the references named in each row
(ids of alara's table of references); ``assumed`` marks a value for which none
was found and which only makes a plausible sample. Where a source gives a mean
and a standard deviation, the row holds the median of the lognormal
distribution that has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alara.model import Code

__all__ = ["PROCEDURES", "UNCLASSIFIABLE", "Kind", "Typed"]

LUMBAR = Code("122496007", "SCT", "Lumbar spine")
CERVICAL = Code("122494005", "SCT", "Cervical spine")
SACROILIAC = Code("39723000", "SCT", "Sacroiliac joint")
HIP = Code("29836001", "SCT", "Hip")
SHOULDER = Code("16982005", "SCT", "Shoulder")
KNEE = Code("72696002", "SCT", "Knee")
WRIST = Code("74670003", "SCT", "Wrist joint")
HAND = Code("85562004", "SCT", "Hand")
ANKLE = Code("70258002", "SCT", "Ankle joint")
FOOT = Code("56459004", "SCT", "Foot")
CHEST = Code("816094009", "SCT", "Chest")
NECK = Code("45048000", "SCT", "Neck")

LEFT = Code("7771000", "SCT", "Left")
RIGHT = Code("24028007", "SCT", "Right")


@dataclass(frozen=True, slots=True)
class Kind:
    """A procedure of the catalogue (``id``) as this clinic does it.

    Attributes
    ----------
    p_ka_gycm2, fluoroscopy_time_s
        Medians.
    field_area_cm2
        Usual field at the reference point.
    site
        ``spine``, ``joint``, ``hand`` or ``chest``: which C-arms do it.
    codes
        Procedure codes that an order may carry.
    """

    id: str
    weight: int
    region: Code
    site: str
    p_ka_gycm2: float
    fluoroscopy_time_s: float
    field_area_cm2: float
    source: str
    descriptions: tuple[str, ...]
    codes: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """A procedure and how it was typed this time."""

    kind: Kind
    description: str

    @property
    def laterality(self) -> Code | None:
        """The side, where the description names exactly one."""
        words = set(self.description.lower().replace("(", " ").replace(")", " ").replace("/", " ").split())
        left = words & {"lt", "left", "l", "li", "links", "gauche", "izq", "izquierda", "lft"}
        right = words & {"rt", "right", "r", "re", "rechts", "droite", "der", "derecha", "d"}
        if bool(left) == bool(right):
            return None
        return LEFT if left else RIGHT


def _kind(row: tuple[str, int, Code, str, float, float, float, str], *descriptions: str, loinc: str = "") -> Kind:
    name, weight, region, site, p_ka, time, area, source = row
    codes = (Code(loinc, "LN", name.replace("_", " ")),) if loinc else ()
    return Kind(name, weight, region, site, p_ka, time, area, source, descriptions, codes)


#: id, weight, region, site, P_KA (Gy.cm2), fluoroscopy time (s), field (cm2), source.
PROCEDURES: Final[tuple[Kind, ...]] = (
    _kind(
        ("esi_il_lumbar", 9, LUMBAR, "spine", 2.80, 41, 150, "KIM2009"),
        "LESI L4/5",
        "lumbar epidural steroid inj L5-S1",
        "ESI IL L3-4",
        "INTERLAMINAR EPIDURAL LUMBAR",
        "lumbar epidral L4-5",
        "infiltration épidurale lombaire L4-L5",
    ),
    _kind(
        ("esi_tf_lumbar", 12, LUMBAR, "spine", 1.40, 36, 120, "JINAKIM2012; time assumed"),
        "TFESI L5 LT",
        "L4 transforaminal ESI right",
        "RT L5-S1 TFESI",
        "SNRB L5 lt",
        "PRT L5 li",
        "transforam epidural L4-5 left",
        "bloqueo transforaminal L5 der",
    ),
    _kind(
        ("esi_caudal", 4, LUMBAR, "spine", 0.50, 3.7, 120, "MANCH2003 (time); P_KA assumed"),
        "caudal ESI",
        "Caudal epidural injection",
        "épidurale caudale",
    ),
    _kind(
        ("esi_il_cervical", 3, CERVICAL, "spine", 0.60, 24.3, 90, "AJNR_CT (time); P_KA assumed"),
        "CESI C7-T1",
        "cervical interlaminar epidural C6/7",
    ),
    _kind(
        ("mbb_lumbar", 10, LUMBAR, "spine", 1.18, 28, 110, "HANU2012; BAKIR2024 (time)"),
        "MBB L3-5 bilat",
        "lumbar medial branch block L4/5 rt",
        "L4 L5 MBB LEFT",
        "medial brach block lumbar",
        "bloqueo ramo medial lumbar L4-L5",
    ),
    _kind(
        ("facet_ia_lumbar", 9, LUMBAR, "spine", 1.18, 34, 110, "HANU2012"),
        "facet inj L4/5 L5/S1 bilat",
        "lumbar facet injection RT L4-5",
        "Facettengelenksinfiltration L4/5 re",
        "infiltración facetaria L4-L5 der",
        "FJI L5/S1 left",
        "infiltration facettaire L5-S1 gauche",
        loinc="30817-1",
    ),
    _kind(
        ("rfa_facet", 4, LUMBAR, "spine", 3.0, 72, 110, "CHOI2016 (time); P_KA assumed"),
        "RFA lumbar medial branch L3-5 rt",
        "radiofrequency ablation L4/5 facet left",
        "Facettendenervation LWS bds",
    ),
    _kind(
        ("sij", 10, SACROILIAC, "spine", 1.67, 20, 140, "CUSHMAN2016; time assumed"),
        "SIJ inj LT",
        "SI joint injection rt",
        "sacroiliac jt inj bilateral",
        "ISG Infiltration re",
        "infiltration sacro-iliaque gauche",
        "RT SI JNT INJ",
        loinc="35927-3",
    ),
    _kind(
        ("discography", 1, LUMBAR, "spine", 3.0, 61, 110, "MANCH2003 (time); P_KA assumed"),
        "discogram L3-S1",
        "provocation discography L4-5 L5-S1",
    ),
    _kind(
        ("lumbar_sympathetic", 1, LUMBAR, "spine", 2.0, 45, 120, "assumed"),
        "LSB L2/3 left",
        "lumbar sympathetic block rt",
    ),
    _kind(("stellate", 1, NECK, "spine", 0.2, 15, 80, "assumed"), "stellate ganglion block rt", "SGB left"),
    _kind(
        ("vertebroplasty", 1, LUMBAR, "spine", 15.0, 240, 160, "assumed"),
        "vertebroplasty L1",
        "kyphoplasty T12 + L1",
    ),
    _kind(
        ("lp", 2, LUMBAR, "spine", 0.5, 20, 80, "assumed"),
        "FGLP",
        "fluoro guided lumbar puncture",
    ),
    _kind(
        ("hip_inj", 12, HIP, "joint", 0.138, 22, 100, "HIP1362"),
        "hip inj LT",
        "RT HIP INJECTION",
        "LEFT HIP JT INJ (steroid)",
        "Hüftinfiltration re",
        "infiltration hanche gauche",
        "infiltración cadera izq",
        "hip asp right",
        loinc="30638-1",
    ),
    _kind(
        ("shoulder_gh", 8, SHOULDER, "joint", 0.191, 12, 100, "CHANG2018"),
        "GH joint inj rt",
        "glenohumeral inj LEFT",
        "shoulder inj lt hydrodilatation",
        "Schulterinfiltration li",
        "infiltration gléno-humérale droite",
        "SHLDR INJ RT",
    ),
    _kind(
        ("arthrogram_shoulder", 4, SHOULDER, "joint", 0.191, 12, 100, "CHANG2018"),
        "shoulder arthrogram for MRI lt",
        "MR ARTHROGRAM SHOULDER RT",
        loinc="24910-2",
    ),
    _kind(
        ("arthrogram_hip", 3, HIP, "joint", 0.138, 22, 100, "HIP1362"),
        "hip arthrogram rt (MRA)",
        "MR arthrogram hip left",
    ),
    _kind(
        ("knee", 5, KNEE, "joint", 0.05, 10, 100, "assumed, below CHANG2018"),
        "knee inj lt",
        "R knee joint injection",
        "Knieinfiltration re",
        "infiltración rodilla der",
    ),
    _kind(
        ("genicular", 2, KNEE, "joint", 0.15, 40, 100, "assumed"), "genicular nerve RFA rt", "genicular block LT knee"
    ),
    _kind(("ac_joint", 2, SHOULDER, "joint", 0.05, 8, 70, "assumed"), "AC joint inj rt", "ACJ injection left"),
    _kind(("subacromial", 2, SHOULDER, "joint", 0.05, 8, 90, "assumed"), "subacromial bursa inj rt", "SASD bursa lt"),
    _kind(("gt_bursa", 2, HIP, "joint", 0.1, 10, 90, "assumed"), "troch bursa inj rt", "GT bursa LT"),
    _kind(
        ("ankle", 3, ANKLE, "joint", 0.02, 8, 70, "assumed"),
        "ankle inj rt",
        "tibiotalar joint injection left",
        "OSG Infiltration li",
    ),
    _kind(
        ("subtalar_midfoot", 3, FOOT, "hand", 0.01, 10, 40, "assumed"),
        "subtalar inj rt",
        "TN joint injection LEFT",
        "2nd TMT joint inj lt",
    ),
    _kind(
        ("small_joint_hand", 6, HAND, "hand", 0.0058, 8, 30, "MADHVANI; time assumed"),
        "thumb CMC inj rt",
        "1st CMC jt inj LEFT",
        "CMC1 infiltration droite",
        "PIP joint injection lt IF",
    ),
    _kind(
        ("wrist", 5, WRIST, "hand", 0.01, 10, 40, "assumed, below FRCLINICS"),
        "wrist inj rt",
        "radiocarpal joint inj left",
        "DRUJ inj rt",
        "Handgelenk Infiltration li",
    ),
    _kind(
        ("orif", 4, WRIST, "hand", 0.0273, 20, 45, "MADHVANI; time assumed"),
        "ORIF distal radius lt",
        "k-wire 5th MC fx rt",
    ),
    _kind(
        ("cvc_tunnelled", 2, CHEST, "chest", 0.36, 18, 150, "FRCLINICS (reference levels)"),
        "tunnelled line insertion R IJ",
        "port placement rt",
    ),
    _kind(("picc", 2, CHEST, "chest", 0.1, 10, 100, "assumed"), "PICC line insertion lt", "PICC rt arm"),
    _kind(
        ("hip_inj+sij", 1, HIP, "joint", 0.9, 40, 110, "assumed, two procedures"),
        "LT HIP + SIJ INJ",
        "hip & SI joint inj rt",
    ),
    _kind(
        ("facet_ia_lumbar+sij", 1, LUMBAR, "spine", 2.2, 50, 120, "assumed, two procedures"),
        "L5/S1 facet + SIJ inj left",
        "FJI L4/5 and SIJ rt",
    ),
)

#: Texts that say nothing of a procedure.
UNCLASSIFIABLE: Final[tuple[str, ...]] = ("C-ARM USE IN OR", "see notes", "Procedure", "xx")
