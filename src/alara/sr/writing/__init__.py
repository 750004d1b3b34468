"""Values → DICOM bytes: the parts of :mod:`alara.sr.build`."""
