from __future__ import annotations

import cell_reads
import numpy as np
import pysam
import pytest
from places import RCRS

from mitotransfer.cells import cell_counts, counting
from mitotransfer.cells.counting import Library
from mitotransfer.genome.circle import Circle
from mitotransfer.inputs.settings import Counting

POSITIONS = np.array(
    [60, 75, 98, 250, 1509, 1550, 1555, 3230, 3250, 8030, 8044, 16440, 16501, 9000]
)
PROBES = Circle.of(RCRS).to_reference(np.arange(32, 16568, counting.PROBE_STEP))


@pytest.fixture(scope="module")
def cells():
    return cell_reads.barcodes(np.random.default_rng(3), 5)


KINDS = {
    "atac": {"paired": True, "umis": False, "length": 50},
    "rna": {"paired": False, "umis": True, "length": 90},
    "rna_5prime": {"paired": True, "umis": True, "length": 60},
    "short": {"paired": True, "umis": False, "length": 38},
}


@pytest.fixture(scope="module")
def libraries(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("cells")
    paths = {}
    for seed, (name, kind) in enumerate(KINDS.items()):
        paths[name] = folder / f"{name}.bam"
        cell_reads.write_library(paths[name], np.random.default_rng(seed), cells, **kind)
    return paths


def count(path, tag, listed=()):
    library = Library(path, umi_tag=tag, barcodes=listed, cells=frozenset(listed[:2]))
    return counting.count_cells(library, POSITIONS, RCRS, Counting())


@pytest.mark.parametrize("kind", KINDS)
def test_counts_equal_those_by_brute_force(kind, libraries, cells):
    tag = "UB" if KINDS[kind]["umis"] else ""
    found = count(libraries[kind], tag)
    counts, depth, fragments, met = cell_reads.brute_force(
        libraries[kind], Counting(), POSITIONS, PROBES, umi_tag=tag
    )
    assert sum(counts.values()) > 150
    assert set(found.barcodes) == met == set(cells)
    expected = np.zeros(found.counts.shape, np.uint32)
    for (cell, position, base), number in counts.items():
        column = found.positions.tolist().index(position)
        expected[found.barcodes.index(cell), column, "ACGT".index(base)] = number
    assert np.array_equal(found.counts, expected)
    assert found.mtdna_fragments.tolist() == [fragments[cell] for cell in found.barcodes]
    assert found.depth * len(PROBES) == pytest.approx([depth[cell] for cell in found.barcodes])


def test_only_listed_barcodes_count_in_any_order(libraries, cells, tmp_path):
    every = count(libraries["atac"], "")
    listed = [cells[3], cells[0], cells[2]]
    some, turned = (count(libraries["atac"], "", order) for order in (listed, listed[::-1]))
    rows = [every.barcodes.index(cell) for cell in sorted(listed)]
    assert some.barcodes == tuple(sorted(listed))
    assert np.array_equal(some.counts, every.counts[rows])
    assert {b for b, cell in zip(some.barcodes, some.is_cell, strict=True) if cell} == {*listed[:2]}
    for name, cell in (("one", some), ("other", turned)):
        cell_counts.save(cell_counts.CellCounts(**{**vars(cell), "is_cell": some.is_cell}),
                         tmp_path / name)  # fmt: skip
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_the_order_of_reads_at_a_position_and_the_chunks_do_not_matter(
    libraries, tmp_path, monkeypatch
):
    reads = list(pysam.AlignmentFile(str(libraries["rna"])))
    reads.sort(key=lambda read: (read.reference_start, read.query_name[::-1]))
    header = reads[0].header
    with pysam.AlignmentFile(str(tmp_path / "r.bam"), "wb", header=header) as out:
        for read in reads:
            out.write(read)
    one = count(libraries["rna"], "UB")
    monkeypatch.setattr("mitotransfer.cells.bam_stream._CHUNK", 3000)
    monkeypatch.setattr("mitotransfer.cells.votes.START", 1 << 10)
    other = count(tmp_path / "r.bam", "UB")
    for name in ("counts", "depth", "mtdna_fragments"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_a_cell_s_variant_counts_once_a_fragment(tmp_path):
    """Two copies of a fragment whose mates overlap: four reads, one molecule."""
    header = {"HD": {"SO": "coordinate"}, "SQ": [{"SN": "chrM", "LN": 16569}]}
    sequence = list(RCRS.sequence[1000:1080])
    sequence[40] = "T" if sequence[40] != "T" else "C"
    rows = []
    for name in ("a", "b"):
        for flag, size in ((99, 80), (147, -80)):
            rows.append({
                "name": name, "flag": str(flag), "ref_name": "chrM", "ref_pos": "1001",
                "map_quality": "60", "cigar": "80M", "next_ref_name": "=", "next_ref_pos": "1001",
                "length": str(size), "seq": "".join(sequence), "qual": "I" * 80,
                "tags": ["CB:Z:ACGT-1"],
            })  # fmt: skip
    with pysam.AlignmentFile(str(tmp_path / "c.bam"), "wb", header=header) as out:
        for row in rows:
            out.write(pysam.AlignedSegment.from_dict(row, out.header))
    found = counting.count_cells(Library(tmp_path / "c.bam"), np.array([1040]), RCRS, Counting())
    assert found.counts.sum() == 1
    assert found.counts[0, 0, "ACGT".index(sequence[40])] == 1
    assert found.mtdna_fragments.tolist() == [1]


def test_mismatches_are_counted_against_the_own_sequence(tmp_path, cells):
    """Reads of a distant haplotype count where the own bases are given."""
    own = RCRS.codes.copy()
    own = np.delete(own, 3106)
    own[1010:1060:5] = (own[1010:1060:5] + 1) % 4
    text = "".join("ACGT"[code] for code in own[1000:1080])
    header = {"HD": {"SO": "coordinate"}, "SQ": [{"SN": "chrM", "LN": 16569}]}
    with pysam.AlignmentFile(str(tmp_path / "c.bam"), "wb", header=header) as out:
        out.write(pysam.AlignedSegment.from_dict({
            "name": "a", "flag": "0", "ref_name": "chrM", "ref_pos": "1001", "map_quality": "60",
            "cigar": "80M", "next_ref_name": "*", "next_ref_pos": "0", "length": "0",
            "seq": text, "qual": "I" * 80, "tags": ["CB:Z:ACGT-1"],
        }, out.header))  # fmt: skip
    library, at = Library(tmp_path / "c.bam"), np.array([1040])
    assert counting.count_cells(library, at, RCRS, Counting()).counts.sum() == 0
    assert counting.count_cells(library, at, RCRS, Counting(), own).counts.sum() == 1


def test_the_coverage_along_the_genome_is_on_record(libraries):
    found = counting.count_cells(Library(libraries["atac"]), POSITIONS, RCRS, Counting())
    along = np.array(found.meta["coverage"])
    assert (np.diff(along[:, 0]) > 0).all()
    assert along[:, 1].sum() / len(along) == pytest.approx(found.depth.sum())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"barcode_tag": "XC"}, "no read has a cell barcode in tag XC; name the tag"),
        ({"umi_tag": "UR"}, "no read has a UMI in tag UR"),
    ],
)
def test_missing_tags_are_told_with_the_cure(libraries, change, message):
    library = Library(libraries["atac"], **change)
    with pytest.raises(ValueError, match=message):
        counting.count_cells(library, POSITIONS, RCRS, Counting())


@pytest.mark.parametrize(
    ("spelling", "way"),
    [
        (lambda text: text.removesuffix("-1"), "they fit with the suffix -1"),
        (lambda text: text[:-2][::-1].translate(str.maketrans("ACGT", "TGCA")) + "-1",
         "they fit reverse complement"),
        (lambda text: "A" * 16 + "-1", "in another tag"),
    ],
)  # fmt: skip
def test_a_list_in_another_spelling_is_told_with_both(libraries, cells, spelling, way):
    listed = sorted({spelling(cell) for cell in cells})
    with pytest.raises(ValueError, match=way) as error:
        count(libraries["atac"], "", listed)
    assert f"the list has '{listed[0]}'" in str(error.value)
    assert f"the reads have '{min(cells)}'" in str(error.value)
