"""What procedure codes mean: LOINC and CPT numbers of the catalogue, and a site's own."""

from __future__ import annotations

from collections import defaultdict

from alara.knowledge import Knowledge

__all__ = ["Codes"]

_CPT_SCHEMES = frozenset({"C4", "C5", "CPT", "CPT4", "CPT-4"})
_LOINC_SCHEMES = frozenset({"LN", "LOINC"})


class Codes:
    """The codes of the knowledge; a site's own meaning of a code replaces the project's."""

    def __init__(self, knowledge: Knowledge) -> None:
        meanings: dict[str, set[str]] = defaultdict(set)
        self._usual: dict[str, str] = {}
        for procedure in knowledge.procedures.values():
            for code in procedure.loinc:
                meanings[f"LN:{code}"].add(procedure.id)
        for entry in knowledge.cpt_codes.values():
            meanings[f"C4:{entry.code}"].add(entry.procedure_id)
            if entry.usual:
                self._usual[f"C4:{entry.code}"] = entry.procedure_id
        for mapping in knowledge.site_map.values():
            if mapping.code and mapping.procedure_id in knowledge.procedures:
                meanings[canonical(mapping.code)] = {mapping.procedure_id}
        self._meanings = {code: frozenset(names) for code, names in meanings.items()}

    def known(self, codes: str) -> list[str]:
        """Those of the codes (``scheme:value``, separated by spaces) that mean a procedure."""
        return [code for code in map(canonical, codes.split()) if code in self._meanings]

    def meant(self, known: list[str]) -> list[str]:
        """The procedures that all of these codes may mean, or where they have none in common, any of them."""
        sets = [self._meanings[code] for code in known]
        return sorted(frozenset.intersection(*sets) or frozenset.union(*sets))

    def usual(self, known: list[str]) -> list[str]:
        """What the codes mean when nothing else says more."""
        return [name for code in known if (name := self._usual.get(code))]


def canonical(code: str) -> str:
    """``scheme:value`` under the DICOM name of its scheme (PS3.16 Table 8-1)."""
    scheme, _, value = code.partition(":")
    scheme = scheme.upper()
    if scheme in _CPT_SCHEMES:
        return f"C4:{value}"
    return f"LN:{value}" if scheme in _LOINC_SCHEMES else code
