"""A person whose alleles stand out only together is found; errors, clones and copies are none."""

import numpy as np
import pytest
from draws import (
    CODES,
    NO_READS,
    REFERENCE,
    clean,
    draw,
    edited,
    gamma_factors,
    noisy,
    prediction,
    rates,
    some_positions,
    spike,
)
from places import GENOME

from mitotransfer.patient import rare_person
from mitotransfer.patient.rare_person import possible_alleles

USABLE = ~GENOME.artefact
ALL = np.broadcast_to(USABLE[:, None], (len(USABLE), 4))


def searched(counts, possible=ALL):
    return rare_person.rare_person(counts, prediction(counts), REFERENCE, possible, 0.95)


def pure(seed, depth=3000, variance=0.5):
    rng = np.random.default_rng(seed)
    return rng, draw(rng, depth, rates(rng, 6e-5, 2.4e-4), gamma_factors(rng, variance))


def test_a_person_is_found_below_what_single_alleles_show() -> None:
    rng, counts = pure(1)
    assert not searched(counts).pos.size
    mixed, truth = spike(rng, counts, some_positions(rng, 25), 0.004, transitions=0.95)
    found = searched(mixed)
    named = {(p + 1, "ACGT"[a]) for p, a in zip(found.pos, found.allele, strict=True)}
    assert len(named & truth) >= 15 and len(named - truth) <= 2
    assert found.low < 0.004 < found.high < 0.006
    assert found.limit <= 0.004


@pytest.mark.slow
def test_a_person_of_the_stated_share_is_found() -> None:
    hits = 0
    for seed in range(4):
        rng, counts = pure(10 + seed)
        limit = searched(counts).limit
        assert 5e-4 < limit < 0.005
        mixed, _ = spike(rng, counts, some_positions(rng, 25), limit, transitions=0.95)
        hits += searched(mixed).pos.size > 0
    assert hits >= 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lognormal", "heavy", "one strand", "noisy"])
def test_errors_are_nobody(kind) -> None:
    for seed in range(2):
        rng, counts = pure(20 + seed)
        site = (*ALL.shape, 1 if kind != "one strand" else 2)
        rate = rates(rng, 1e-4, 5e-4)
        if kind == "noisy":
            counts, _ = noisy(rng)
        elif kind == "heavy":
            counts = draw(rng, 4000, rate, gamma_factors(rng, 3.0, site))
        else:
            factors = np.exp(rng.normal(-0.35, np.sqrt(0.7), site))
            counts = draw(rng, 4000, rate, factors)
        assert not searched(counts).pos.size


def test_a_clone_or_a_nuclear_copy_or_one_strand_is_nobody() -> None:
    rng, counts = pure(3)
    places = some_positions(rng, 40)
    clone, _ = spike(rng, counts, places[:5], 0.01, transitions=1.0)
    assert not searched(clone).pos.size
    piece = np.sort(rng.choice(np.arange(4000, 9000), 25, replace=False))
    copy, _ = spike(rng, counts, piece, 0.01, transitions=1.0)
    assert not searched(copy).pos.size
    strand, _ = spike(rng, counts, places[:25], 0.01, (0,), transitions=1.0)
    assert not searched(strand).pos.size


def test_heteroplasmies_of_many_levels_are_nobody() -> None:
    """As in a cell line: each stands out by itself, and none fits the others."""
    rng, counts = pure(4, depth=200)
    for place, vaf in zip(some_positions(rng, 12), np.geomspace(0.03, 0.3, 12), strict=True):
        counts, _ = spike(rng, counts, [place], vaf, transitions=1.0)
    assert not searched(counts).pos.size


def test_without_reads_nothing_is_stated() -> None:
    found = searched(NO_READS)
    assert not found.pos.size and np.isnan(found.limit)


def test_alleles_of_the_patients_other_samples_are_not_anothers() -> None:
    at = (1000, 2000, 3000, 4000)
    alleles = {pos: "ACGT"[CODES[pos - 1] ^ 2] for pos in at}

    def counts(**fragments):
        return edited(clean(2000), **fragments)

    names = [f"m{pos}{base}" for pos, base in alleles.items()]
    immune = counts(**dict.fromkeys(names, (10, 10)))
    possible = possible_alleles(
        immune,
        normal=counts(**{names[0]: (6, 6), names[1]: (1, 0)}),
        tumor=counts(**{names[2]: (50, 50), names[3]: (11, 10)}),
        usable=USABLE,
        confidence=0.95,
    )
    got = [bool(possible[p - 1, "ACGT".index(b)]) for p, b in alleles.items()]
    assert got == [False, True, False, True]
    alone = possible_alleles(
        immune, normal=NO_READS, tumor=NO_READS, usable=USABLE, confidence=0.95
    )
    assert np.array_equal(alone, ALL)
