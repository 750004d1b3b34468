"""Other people's judgement of a dose report: DCMTK, dicom3tools and PixelMed, each as a function from file to words."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

#: Without these PixelMed's rules end early, and nothing is checked.
_JAVA_FLAGS = (
    "-Djdk.xml.xpathTotalOpLimit=0",
    "-Djdk.xml.xpathExprOpLimit=0",
    "-Djdk.xml.xpathExprGrpLimit=0",
    "-Xss128m",
    "-Xmx3g",
)
PIXELMED = Path("/usr/share/java/pixelmed.jar")
#: Character sets that DCMTK 3.6.7 cannot judge, and says so.
_CHARACTER_SET_UNKNOWN = (
    "VR checker does not support this Specific Character Set",
    "Reading unknown/unsupported SpecificCharacterSet",
)
_DEFLATED = b"1.2.840.10008.1.2.1.99"

Program = Callable[[str], str]


def dcmdump(program: Program, file: Path) -> list[str]:
    """Complaints of DCMTK about the encoding."""
    status, output = _run([program("dcmdump"), "+fo", "-q", str(file)])
    return [] if status == 0 else [line for line in output if line.startswith(("E:", "F:"))] or ["dcmdump failed"]


def dciodvfy(program: Program, file: Path) -> list[str]:
    """Complaints of dicom3tools about modules, attributes and codes."""
    if _DEFLATED in file.read_bytes()[:512]:  # which dicom3tools cannot inflate
        with TemporaryDirectory() as folder:
            inflated = Path(folder) / file.name
            _run([program("dcmconv"), "+te", str(file), str(inflated)])
            return dciodvfy(program, inflated)
    status, output = _run([program("dciodvfy"), "-new", str(file)])
    complaints = [line for line in output if line.startswith(("Error", "Warning"))]
    return complaints or ([] if status == 0 else ["dciodvfy failed"])


def dsrdump(program: Program, file: Path) -> list[str]:
    """Complaints of DCMTK about the content tree."""
    status, output = _run([program("dsrdump"), "-v", str(file)])
    complaints = [
        line
        for line in output
        if line.startswith(("E:", "W:", "F:")) and not any(known in line for known in _CHARACTER_SET_UNKNOWN)
    ]
    return complaints or ([] if status == 0 else ["dsrdump failed"])


def pixelmed(program: Program, file: Path) -> list[str]:
    """Complaints of PixelMed about the templates of PS3.16."""
    command = [program("java"), *_JAVA_FLAGS, "-cp", str(PIXELMED), "com.pixelmed.validate.DicomSRValidator", str(file)]
    _, output = _run(command)
    if not any("Root Template Validation Complete" in line for line in output):
        return ["PixelMed did not come to an end", *output[-3:]]
    return [line for line in output if line.startswith("Error") or "Content Item not in template" in line]


def _run(command: list[str]) -> tuple[int, list[str]]:
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
