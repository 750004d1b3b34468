"""The SOP classes that a dose node has to do with (PS3.4 Annex B, PS3.6 Annex A)."""

from __future__ import annotations

from typing import Final

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."

X_RAY_RADIATION_DOSE_SR: Final = _STORAGE + "88.67"
ENHANCED_X_RAY_RADIATION_DOSE_SR: Final = _STORAGE + "88.76"
PATIENT_RADIATION_DOSE_SR: Final = _STORAGE + "88.73"
RADIOPHARMACEUTICAL_RADIATION_DOSE_SR: Final = _STORAGE + "88.68"
BASIC_TEXT_SR: Final = _STORAGE + "88.11"
ENHANCED_SR: Final = _STORAGE + "88.22"
COMPREHENSIVE_SR: Final = _STORAGE + "88.33"

#: Modality Performed Procedure Step: it comes as a message of its own or in a file, and is not stored.
PERFORMED_PROCEDURE_STEP: Final = "1.2.840.10008.3.1.2.3.3"

#: Structured reports that are stored and read, in the order in which a sender is offered them.
STRUCTURED_REPORTS: Final = (
    X_RAY_RADIATION_DOSE_SR,
    ENHANCED_X_RAY_RADIATION_DOSE_SR,
    PATIENT_RADIATION_DOSE_SR,
    RADIOPHARMACEUTICAL_RADIATION_DOSE_SR,
    ENHANCED_SR,
    COMPREHENSIVE_SR,
    BASIC_TEXT_SR,
)

SECONDARY_CAPTURE: Final = _STORAGE + "7"

#: Images that some C-arms send to the same node; their headers carry dose.
IMAGES: Final = (
    _STORAGE + "12.1",  # X-Ray Angiographic
    _STORAGE + "12.1.1",  # Enhanced XA
    _STORAGE + "12.2",  # X-Ray Radiofluoroscopic
    _STORAGE + "12.2.1",  # Enhanced XRF
    SECONDARY_CAPTURE,
)

#: Everything that the node accepts for storage.
ACCEPTED: Final = STRUCTURED_REPORTS + IMAGES
