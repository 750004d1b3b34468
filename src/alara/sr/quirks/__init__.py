"""What vendors do that the standard does not say, and what is made of it.

The only place in alara that names a vendor. Each quirk has an id, which lands in
:attr:`alara.model.DoseReport.quirks`, and an entry in :mod:`alara.sr.quirks.catalogue`:
the condition under which it applies, what is mended, why, and the sample that
shows it. Codes are in ``names``, single values in ``values``, whole reports in ``events``.
"""

from alara.sr.quirks.catalogue import QUIRKS, Quirk
from alara.sr.quirks.events import mend_events, note_totals
from alara.sr.quirks.names import MEANT, ConceptNames, concept_name, value_of_leniently
from alara.sr.quirks.values import (
    mean_of_pulses,
    read_age_leniently,
    read_moment_leniently,
    read_offset_leniently,
)

__all__ = [
    "MEANT",
    "QUIRKS",
    "ConceptNames",
    "Quirk",
    "concept_name",
    "mean_of_pulses",
    "mend_events",
    "note_totals",
    "read_age_leniently",
    "read_moment_leniently",
    "read_offset_leniently",
    "value_of_leniently",
]
