"""Neighbouring heteroplasmies: phased by molecules with known truth, and by simulated reads."""

from collections import Counter as Multiset

import numpy as np
import pandas as pd
import pysam.bcftools
import pytest
from draws import REFERENCE, call
from places import GENOME
from simulated_reads import counted

from mitotransfer.calls import joint_codons, phasing, vcf
from mitotransfer.counts import allele_counts
from mitotransfer.genome import consequences
from mitotransfer.reads.lanes import Lane, SampleReads
from mitotransfer.simulate import samples
from mitotransfer.simulate.genomes import Variant
from mitotransfer.simulate.library import Source

CODES = REFERENCE.codes
UNSEEN = allele_counts.UNSEEN
TRANSITION = {"A": "G", "G": "A", "C": "T", "T": "C"}


def other(pos):
    return TRANSITION[REFERENCE.sequence[pos - 1]]


def molecules(*kinds):
    """Counts of fragments given as (how many, positions with the other allele, not seen)."""
    bases = np.zeros((16569, 4, 2), np.uint32)
    pairs = Multiset()
    places = {pos for _, changed, *unseen in kinds for pos in [*changed, *(unseen or [()])[0]]}
    for n, changed, *unseen in kinds:
        seen = {}
        for pos in sorted(places):
            base = "ACGT".index(other(pos)) if pos in changed else int(CODES[pos - 1])
            seen[pos] = UNSEEN if unseen and pos in unseen[0] else base
            if seen[pos] < UNSEEN:
                bases[pos - 1, seen[pos], 0] += n
        for one in seen:
            for two in (at for at in seen if 0 < at - one <= 3):
                far = [seen[at] if seen[at] != CODES[at - 1] else None for at in (one, two)]
                if None not in far and far != [UNSEEN, UNSEEN]:
                    pairs[one - 1, far[0], two - 1, far[1]] += n
    table = np.array([(*key, n) for key, n in sorted(pairs.items())], np.uint32).reshape(-1, 5)
    sums = allele_counts.BaseSums(bases, bases, bases, np.zeros((64, 32), np.uint32), table.T)
    return allele_counts.Counts(bases, allele_counts.empty_indels(), {}, sums)


def mixed(*positions):
    """Rows of passing heteroplasmic SNVs."""
    rows = [(p, other(p), "SNV", "PASS", "heteroplasmic") for p in positions]
    return pd.DataFrame(rows, columns=["pos", "alt", "type", "filter", "state"])


def phased(sample, *positions, **changes):
    return phasing.phases(mixed(*positions).assign(**changes), sample, GENOME, 0.95)


def sets(found):
    return [None if np.isnan(x) else int(x) for x in found.sets]


BOTH = frozenset({(0, 1), (1, 0)})


def test_alleles_of_the_same_molecules_share_a_set():
    sample = molecules((900, []), (100, [5908, 5909]), (2, [5908]), (3, [5909]))
    found = phased(sample, 5908, 5909)
    assert (found.together, found.apart, sets(found)) == (BOTH, frozenset(), [5908, 5908])


def test_alleles_of_different_molecules_share_none():
    sample = molecules((900, []), (50, [5908]), (60, [5909]), (2, [5908, 5909]))
    found = phased(sample, 5908, 5909)
    assert (found.together, found.apart, sets(found)) == (frozenset(), BOTH, [None, None])


def test_an_allele_that_arose_on_another_s_molecules_has_it_but_not_the_other_way_round():
    sample = molecules((800, []), (190, [5908]), (10, [5908, 5909]))
    found = phased(sample, 5908, 5909)
    assert found.apart == {(0, 1)} and found.together == frozenset()  # ten fragments are too few
    found = phased(molecules((800, []), (190, [5908]), (30, [5908, 5909])), 5908, 5909)
    assert (found.together, found.apart) == ({(1, 0)}, {(0, 1)})
    assert sets(found) == [None, None]


def test_a_mixture_or_few_fragments_are_not_phased():
    for kinds in (
        ((800, []), (100, [5908]), (100, [5909]), (100, [5908, 5909])),
        ((800, []), (5, [5908, 5909])),
        ((800, []), (5, [5908]), (5, [5909])),
    ):
        found = phased(molecules(*kinds), 5908, 5909)
        assert not found.together and not found.apart and sets(found) == [None, None]


def test_fragments_that_do_not_show_both_positions_do_not_vote():
    unseen = (300, [5908], [5909]), (300, [5909], [5908])
    found = phased(molecules((900, []), (100, [5908, 5909]), *unseen), 5908, 5909)
    assert sets(found) == [5908, 5908]
    found = phased(molecules((900, []), *unseen), 5908, 5909)
    assert not found.together and not found.apart


def test_two_majorities_need_their_minorities_to_be_of_the_same_molecules():
    apart = molecules((900, [5908, 5909]), (50, [5908]), (50, [5909]))
    found = phased(apart, 5908, 5909)
    assert found.together == BOTH and sets(found) == [None, None]
    together = molecules((900, [5908, 5909]), (100, []), (2, [5908]), (1, [5909]))
    assert sets(phased(together, 5908, 5909)) == [5908, 5908]


def test_sets_chain_and_reach_two_bases_also_across_the_placeholder():
    sample = molecules((900, []), (100, [5908, 5909, 5911, 5914]))
    assert sets(phased(sample, 5908, 5909, 5911, 5914)) == [5908, 5908, 5908, None]
    sample = molecules((900, []), (100, [3105, 3108]))
    assert sets(phased(sample, 3105, 3108)) == [3105, 3105]


@pytest.mark.parametrize(
    "changes", [{"filter": "low_depth"}, {"state": "homoplasmic"}, {"type": "deletion"}]
)
def test_only_heteroplasmic_snvs_that_pass_are_phased(changes):
    sample = molecules((900, []), (100, [5908, 5909]))
    found = phased(sample, 5908, 5909, **changes)
    assert not found.together and sets(found) == [None, None]


def test_without_pairs_or_calls_nothing_is_phased():
    sample = molecules((900, []), (100, [5908, 5909]))
    bare = allele_counts.Counts(sample.bases, sample.indels, {})
    assert sets(phased(bare, 5908, 5909)) == [None, None]
    assert sets(phased(sample)) == []


# ---- from reads to the VCF ----

# Two alleles of one codon on the same molecules, on different ones, and one on a part of the
# other's molecules; and two on the same molecules, too far apart to be phased.
CIS, TRANS, NESTED, FAR = (11402, 11403), (11375, 11376), (9807, 9808), (13000, 13003)


@pytest.fixture(scope="module")
def sample(tmp_path_factory, prefix):
    """Real steps on simulated reads of four kinds of molecules."""
    folder = tmp_path_factory.mktemp("phased")
    kinds = {
        0.70: (),
        0.15: (*CIS, TRANS[0], *NESTED, *FAR),
        0.10: (TRANS[1],),
        0.05: (NESTED[0],),
    }
    sources = [
        Source(share, [Variant(p, REFERENCE.sequence[p - 1], other(p), 1.0) for p in sorted(kind)])
        for share, kind in kinds.items()
    ]
    files = [folder / f"{k}.fastq.gz" for k in (1, 2)]
    samples.reads(sources, 20_000, *files, seed=3)
    allele_counts.save(counted(prefix, SampleReads("S", [Lane(*files)])), folder / "s.npz")
    return allele_counts.load(folder / "s.npz", sums=True)


@pytest.fixture(scope="module")
def frame(sample):
    found = consequences.annotate(call(sample), GENOME, {})
    phases = phasing.phases(found, sample, GENOME, 0.95)
    return joint_codons.join(found.assign(phase_set=phases.sets), GENOME, phases)


def test_reads_phase_what_is_on_their_molecules(frame):
    rows = frame[frame["filter"] == "PASS"].set_index("pos")
    flags = {pos: set(text.split(";")) - {"linked", ""} for pos, text in rows["flags"].items()}
    names = rows["hgvs_p"]
    assert rows["phase_set"].dropna().to_dict() == dict.fromkeys(CIS, CIS[0])
    assert names[list(CIS)].tolist() == ["p.Trp215Gln"] * 2  # alone Arg and Ter
    assert [flags[pos] for pos in CIS] == [{"joint_codon"}] * 2
    # Together they would be Gly, and not a stop.
    assert names[list(TRANS)].tolist() == ["p.Lys206Glu", "p.Lys206Ter"]
    assert [flags[pos] for pos in TRANS] == [{"other_molecules"}] * 2
    # Three quarters of the molecules with the first have the second, all the other way round.
    assert names[list(NESTED)].tolist() == ["p.Thr201Ala", "p.Thr201Val"]
    assert [flags[pos] for pos in NESTED] == [{"same_codon"}, {"joint_codon"}]
    assert [flags[pos] for pos in FAR] == [set()] * 2


def test_the_vcf_holds_phased_genotypes_and_passes_bcftools(frame, tmp_path):
    path, genome = tmp_path / "s.vcf.gz", tmp_path / "chrM.fa"
    genome.write_text(f">chrM\n{REFERENCE.sequence}\n")
    vcf.write_vcf(frame, path, "S", REFERENCE)
    lines = [x for x in pysam.bcftools.view(str(path)).splitlines() if x[0] != "#"]
    normal = pysam.bcftools.norm("-c", "e", "-f", str(genome), str(path))
    assert [x for x in normal.splitlines() if x[0] != "#"] == lines
    found = {}
    for line in lines:
        _, pos, *_, keys, values = line.split("\t")
        entry = dict(zip(keys.split(":"), values.split(":"), strict=True))
        found[int(pos)] = entry["GT"], entry.get("PS")
    assert [found[pos] for pos in CIS] == [("0|1", str(CIS[0]))] * 2
    assert all(found[pos] == ("0/1", None) for pos in (*TRANS, *NESTED, *FAR))
