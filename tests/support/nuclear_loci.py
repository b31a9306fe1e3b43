"""Nuclear counts of a sample, made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd


def loci(alt: list[int], depth: list[int], vaf: list[float] | None = None) -> pd.DataFrame:
    """Nuclear counts at loci one base apart: alternative reads, all reads and the tumour's VAF."""
    frame = pd.DataFrame(
        {
            "chrom": "chr1",
            "pos": np.arange(1, len(alt) + 1),
            "ref": "C",
            "alt": "T",
            "ref_count": np.array(depth) - np.array(alt),
            "alt_count": alt,
        }
    )
    return frame.assign(tumor_vaf=np.nan if vaf is None else vaf)
