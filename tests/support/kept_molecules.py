"""Evidence and molecules at some positions, as a patient's steps have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from places import RCRS

from mitotransfer.counts.molecule_bases import Collector
from mitotransfer.genome.circle import Circle, circle_codes

CODES = circle_codes(RCRS)
OTHER = {"A": "G", "G": "A", "C": "T", "T": "C"}


def evidence(positions, usable=None, tumor_alt=None):
    size = len(positions)
    refs = [RCRS.sequence[pos - 1] for pos in positions]
    return pd.DataFrame(
        {
            "pos": positions,
            "ref": refs,
            "alt": [OTHER[ref] for ref in refs],
            "type": "SNV",
            "usable": usable or [True] * size,
            "tumor_alt_forward": tumor_alt or [40] * size,
            "tumor_alt_reverse": 0,
            "tumor_depth_forward": 50,
            "tumor_depth_reverse": 0,
            "error_alpha": 1.0,
            "error_beta": 999.0,
        }
    )


def molecules(*changed, errors=0):
    """Whole molecules with the tumour's allele at some positions."""
    made = Collector(CODES)
    rng = np.random.default_rng(1)
    every = np.ones(len(CODES), bool)
    for k, positions in enumerate(changed):
        bases = CODES.copy()
        at = Circle.of(RCRS).to_circle(np.array(positions, np.int64) - 1)
        bases[at] = ["ACGT".index(OTHER[RCRS.sequence[pos - 1]]) for pos in positions]
        wrong = rng.choice(len(CODES), errors if k % 2 else 0, replace=False)
        bases[wrong] = (bases[wrong] + 1) % 4
        made.add(f"r{k}", k % 2, bases, every, every)
    return made.molecules()
