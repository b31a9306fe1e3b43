"""Rows, patients and variants for the tests of the report."""

from __future__ import annotations

import numpy as np

from mitotransfer.inputs.columns import ROLES
from mitotransfer.report import tables


def record(verdict: str, **numbers: float) -> tables.Row:
    return {"patient": "P1", "sample": "S1", "verdict": verdict} | numbers


def patient(**changes: object) -> tables.Patient:
    empty = {name: {} for name in ("variants", "explanations", "identity", "crosstalk")}
    samples = [{"sample": "S1", "role": "immune"}]
    given = {"patient": "P1", "info": {}, "samples": samples, "transfer": [], **empty}
    return tables.Patient(**(given | changes))  # type: ignore[arg-type]


def variants(n: int, close: bool = False) -> list[tables.Row]:
    """Variants spread over the mitogenome, or all in one gene."""
    rng = np.random.default_rng(2)
    kinds = ("missense", "synonymous", "tRNA", "rRNA", "frameshift", "control_region")
    return [
        {
            "pos": (16000 + k * 3 if close else 1 + k * 271 % 16500), "ref": "G", "alt": "A",
            "gene": "MT-ND4L,MT-ND4", "usable": "false" if k % 4 == 3 else "true",
            "hgvs_m": f"m.{16000 + k * 3 if close else 1 + k * 271 % 16500}G>A",
            "consequence": kinds[k % 6], "background_rate": 4e-4, "tumor_copies": 1.0,
            **{f"{role}_vaf{end}": value for role in ROLES
               for end, value in (("", rng.random()), ("_low", 0.0), ("_high", 1.0))},
        }
        for k in range(n)
    ]  # fmt: skip
