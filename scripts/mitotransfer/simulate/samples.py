"""Simulated cohorts with known truth, as reads or directly as counts.

    scenario = load_scenario("config/simulation_demo.yaml")
    write_cohort(scenario, seed=1, outdir="demo")      # files on disk
    truth = draw_truth(scenario.repeated(100), seed=1)  # no files, no reads
    bases = counts(truth, "P01-TIL-CD8.1")              # (length, 4, 2)
    reads("pos ref alt vaf" frame, 20_000, "a_R1.fastq.gz", "a_R2.fastq.gz", seed=1)

Only the reference is imported from the pipeline, so that no mistake is shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.simulate.files import sample_counts
from mitotransfer.simulate.genomes import Variant, stream
from mitotransfer.simulate.library import Library, Source
from mitotransfer.simulate.noise import Noise, Sequencing, cohort_noise
from mitotransfer.simulate.sequencer import Trace, write_reads
from mitotransfer.simulate.tally import draw_counts
from mitotransfer.simulate.truth import Truth, default_reference

Pool = pd.DataFrame | Iterable[Variant | Source]


def pools(variants: Pool) -> list[Source]:
    """One source from a table ``pos ref alt vaf`` or from variants; sources pass through."""
    if isinstance(variants, pd.DataFrame):
        columns = ["pos", "ref", "alt", "vaf"]
        rows = variants[columns].itertuples(index=False)
        return [Source(1.0, [Variant(int(p), str(r), str(a), float(v)) for p, r, a, v in rows])]
    entries = list(variants)
    sources = [entry for entry in entries if isinstance(entry, Source)]
    return sources or [Source(1.0, [entry for entry in entries if isinstance(entry, Variant)])]


def library(variants: Pool, seed: int, noise: Noise | None = None) -> Library:
    """A library on rCRS; the noise has default parameters and the seed's draw if None."""
    reference = default_reference()
    return Library(pools(variants), reference, noise or cohort_noise(Sequencing(), reference, seed))


def reads(
    variants: Pool,
    n_pairs: int,
    fastq_1: str | Path,
    fastq_2: str | Path,
    *,
    seed: int,
    noise: Noise | None = None,
    name: str = "sample",
) -> Trace:
    """Write one sample's gzipped FASTQ from a table of variants; see ``write_reads``.

    To change parameters of the noise, pass ``cohort_noise(Sequencing(...), reference, seed)``.
    Returns where every pair came from, in file order.
    """
    rng = stream(seed, "reads", name)
    return write_reads(library(variants, seed, noise), n_pairs, rng, fastq_1, fastq_2, name=name)


def counts(
    variants: Pool | Truth,
    sample: str = "sample",
    *,
    depth: float | None = None,
    seed: int = 0,
    noise: Noise | None = None,
    numts: bool = False,
) -> NDArray[np.uint32]:
    """Base counts (length, 4, 2) of one sample, drawn without reads; see ``draw_counts``.

    Either of a ``Truth``'s ``sample``, with its own depth and seed, or of a table of variants at
    ``depth``, without nuclear copies.

    Raises:
        ValueError: for a table of variants without a depth, or with ``numts``.
    """
    if isinstance(variants, Truth):
        return sample_counts(variants, sample, numts)
    if depth is None or numts:
        raise ValueError("counts of a table of variants need a depth and have no nuclear copies")
    return draw_counts(library(variants, seed, noise), depth, stream(seed, "counts", sample))
