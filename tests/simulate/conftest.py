"""Reads and a cohort for the simulator's tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from places import LENGTH, RCRS
from simulated_fastq import codes_of, place, read_fastq
from small_scenario import small_scenario

from mitotransfer.simulate import genomes, noise, sequencer
from mitotransfer.simulate.files import write_cohort
from mitotransfer.simulate.library import Library, Source


@pytest.fixture(scope="session")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """20,000 pairs of rCRS itself with default errors and a known noise."""
    folder = tmp_path_factory.mktemp("noisy")
    model = noise.cohort_noise(noise.Sequencing(duplicates=0.08, numt_share=0), RCRS, 5)
    rates = noise.sample_noise(model, genomes.stream(5, "rates"))
    paths = folder / "a_R1.fastq.gz", folder / "a_R2.fastq.gz"
    trace = sequencer.write_reads(
        Library([Source(1.0, [])], RCRS, model, rates),
        20_000,
        genomes.stream(5, "reads"),
        *paths,
        name="a",
    )
    seen = np.zeros((2, LENGTH, 4, 4, 2), np.int64)  # quality >= 30 or not
    names = []
    for mate, path in enumerate(paths):
        name, bases, qualities = read_fastq(path)
        names.append(name)
        where, strand = place(trace, 150, mate)
        codes = codes_of(bases)
        codes = np.where(strand[:, None] == 1, np.where(codes < 4, 3 - codes, 4), codes)
        level = np.frombuffer("".join(qualities).encode(), np.uint8).reshape(codes.shape) - 33
        used = codes < 4
        index = (
            (level >= 30).astype(int), where, RCRS.codes[where].astype(int), codes,
            np.broadcast_to(strand[:, None], codes.shape),
        )  # fmt: skip
        np.add.at(seen, tuple(part[used] for part in index), 1)
    return {"trace": trace, "names": names, "seen": seen, "model": model, "rates": rates,
            "paths": paths}  # fmt: skip


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "out"
    write_cohort(small_scenario(), 7, folder)
    return folder
