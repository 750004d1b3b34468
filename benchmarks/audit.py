"""How long the audit of a month takes: ``python -m benchmarks.audit [procedures]``."""

from __future__ import annotations

import sys
from random import Random
from time import perf_counter

import pandas as pd

from alara.audit import Classifier, Period, run
from alara.knowledge import load

_DESCRIPTIONS = (
    ("L4-5 TFESI LEFT", 3.0),
    ("LUMBAR ESI L5/S1", 2.5),
    ("LEFT SIJ INJECTION", 1.3),
    ("MBB L3-5 BILAT", 2.0),
    ("RFA LUMBAR FACET", 4.0),
    ("FL RT HIP INJECTION STEROID", 0.2),
    ("GH JOINT INJECTION RIGHT SHOULDER", 0.1),
    ("KNEE INJECTION", 0.05),
    ("1ST CMC INJECTION", 0.006),
    ("MR ARTHROGRAM SHOULDER", 0.2),
    ("C-ARM USE IN OR", 1.0),
    ("CERVICAL FACET INJECTION C5/6", 0.6),
)


def procedures(count: int, seed: int = 1) -> pd.DataFrame:
    """A month of a pain clinic in the frame of ``Store.procedures``; the same for the same seed."""
    random = Random(seed)
    rows = []
    for number in range(count):
        text, typical = random.choice(_DESCRIPTIONS)
        p_ka = typical * random.lognormvariate(0, 0.6) if random.random() > 0.03 else None
        rows.append(
            {
                "case_id": f"{random.getrandbits(60):012x}"[:12],
                "site": "main",
                "kind": "fluoroscopy" if random.random() > 0.02 else "radiography",
                "started": pd.Timestamp(2026, 10, 1 + number % 31, 8 + number % 9, number % 60),
                "manufacturer": "Example",
                "model": "C1",
                "station": f"CARM{number % 4}",
                "device": f"Example C1 · CARM{number % 4}",
                "study_description": text if random.random() > 0.05 else f"{text} {number}",
                "performed_procedure_description": "",
                "requested_procedure_description": "",
                "protocol_names": "",
                "procedure_codes": "",
                "target_regions": "",
                "lateralities": "",
                "age_years": float(random.randint(12, 92)),
                "sex": random.choice("FM"),
                "size_m": 1.7,
                "weight_kg": 75.0,
                "pregnancy_status": "",
                "p_ka_gycm2": p_ka,
                "p_ka_basis": "absent" if p_ka is None else "stated",
                "ka_r_mgy": None if p_ka is None else p_ka * 10,
                "ka_r_basis": "absent" if p_ka is None else "stated",
                "fluoroscopy_time_s": random.uniform(3, 90) if random.random() > 0.04 else None,
                "fluoroscopy_time_basis": "stated",
                "p_ka_fluoroscopy_gycm2": p_ka,
                "p_ka_acquisition_gycm2": None,
                "planes": 1,
                "events": 12,
                "reports": 1,
                "quirks": "",
                "findings": "",
            }
        )
    return pd.DataFrame(rows).astype({"started": "datetime64[us]"})


def descriptions(count: int) -> list[str]:
    """Distinct descriptions in the manner of operators."""
    return [f"{_DESCRIPTIONS[n % len(_DESCRIPTIONS)][0]} {n} ROOM {n % 7}" for n in range(count)]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    start = perf_counter()
    knowledge = load()
    print(f"knowledge: {1000 * (perf_counter() - start):.0f} ms")
    frame = procedures(count)
    for attempt in ("first", "warm"):
        start = perf_counter()
        audit = run(frame, period=Period.parse("2026-10"), knowledge=knowledge, site="main")
        print(f"audit of {len(audit.cases):,} procedures, {attempt}: {perf_counter() - start:.2f} s")
    texts = descriptions(100_000)
    classifier = Classifier(knowledge)
    start = perf_counter()
    for text in texts:
        classifier.classify(text)
    print(f"classification of {len(texts):,} distinct texts: {perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
