"""Flags of calls that users should know of: recurrent positions, alleles of nuclear copies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mitotransfer import flag_words, flags
from mitotransfer.arrays import Mask
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import allele_codes


def add(calls: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """A copy of a calls frame with ``hot_spot``, ``indel_hot_spot`` and ``numt`` in ``flags``.

    Nuclear copies are a minority of the reads: only minor alleles can be theirs.
    """
    snv = (calls["type"] == "SNV").to_numpy(bool)
    at = calls["pos"].to_numpy(np.int64) - 1
    minor = snv & (calls["vaf"] < 0.5).to_numpy(bool)
    nuclear = minor.copy()
    nuclear[minor] = genome.nuclear_alleles[at[minor], allele_codes(calls["alt"][minor])]
    marks: dict[str, Mask] = {
        flags.HOT_SPOT: snv & (genome.hot_spots[at] > 0.0),
        flags.INDEL_HOT_SPOT: ~snv & genome.indel_hot_spots[at],
        flags.NUMT: nuclear,
    }
    marked = [flag_words.join(words) for words in flag_words.marked(calls["flags"], marks)]
    return calls.assign(flags=pd.Series(marked, calls.index, object))
