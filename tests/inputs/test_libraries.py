from __future__ import annotations

import pytest

from mitotransfer.inputs.sheets import read_cohort, sample_table
from mitotransfer.problems import InputError

HEADER = (
    "sample", "patient", "role", "assay", "bam", "cell_annotation", "library", "cell_counts",
    "barcodes", "fastq_1",
)  # fmt: skip


@pytest.fixture
def sheet(tmp_path):
    """Writes a sheet of rows (cells in the order of the header) and gives its path."""
    (tmp_path / "cells.tsv").write_text(
        "barcode\tcell_role\tcell_type\nA-1\ttumor\tx\nC-1\timmune\tT\nG-1\timmune\tT\nT-1\t\t\n"
    )

    def write(*rows):
        lines = [[*row, *[""] * (len(HEADER) - len(row))] for row in rows]
        lines = [
            [cell.replace("CELLS", str(tmp_path / "cells.tsv")) for cell in row] for row in lines
        ]
        path = tmp_path / "s.tsv"
        path.write_text("".join("\t".join(row) + "\n" for row in (HEADER, *lines)))
        return str(path)

    return write


LIBRARY = ("L1", "P1", "cells", "sc_atac", "l.bam", "CELLS")
NORMAL = ("N1", "P1", "normal", "wgs", "n.bam")


def read(path):
    return read_cohort(path, None)


def problems(path):
    with pytest.raises(InputError) as error:
        read(path)
    return [str(problem).replace(path, "s.tsv") for problem in error.value.problems]


def test_cells_of_each_role_make_a_sample(sheet):
    cohort = read(sheet(LIBRARY, NORMAL))
    assert list(cohort.samples) == ["N1", "L1.tumor", "L1.immune"]
    assert [sample.name for sample in cohort.of_patient("P1")] == ["L1.immune", "L1.tumor", "N1"]
    immune = cohort.samples["L1.immune"]
    assert (immune.role, immune.library, immune.fields["input_cells"]) == ("immune", "L1", "2")
    assert immune.read_files == ["l.bam"]
    assert cohort.libraries["L1"].groups == {"tumor": 1, "immune": 2}
    assert cohort.libraries["L1"].fields["barcode_tag"] == "CB"
    assert cohort.libraries["L1"].fields["umi_tag"] == ""
    assert [row[:3] for row in sample_table(cohort)[1:]] == [
        ["L1.immune", "P1", "immune"], ["N1", "P1", "normal"], ["L1.tumor", "P1", "tumor"],
    ]  # fmt: skip


def test_rna_has_umis_and_is_named(sheet):
    library = read(sheet(("L1", "P1", "cells", "sc_rna", "l.bam", "CELLS"))).libraries["L1"]
    assert library.is_rna
    assert library.fields["umi_tag"] == "UB"


def test_rna_alone_is_told(sheet):
    rna = ("L1", "P1", "cells", "sc_rna", "l.bam", "CELLS")
    tumor = ("T1", "P1", "tumor", "wgs", "t.bam")
    assert any("has no DNA of the tumour" in str(w) for w in read(sheet(rna, NORMAL)).warnings)
    assert not any("no DNA" in str(w) for w in read(sheet(rna, NORMAL, tumor)).warnings)


def test_the_cells_of_a_plate_are_rows_of_one_library(sheet):
    rows = [(f"A{k}", "P1", "cells", "sc_plate", f"{k}.bam", "CELLS", "plate") for k in (1, 2)]
    library = read(sheet(*rows, NORMAL)).libraries["plate"]
    assert library.cells == ("A1", "A2")
    assert library.is_rna
    assert library.fields["umi_tag"] == ""
    assert library.files == ["1.bam", "2.bam"]
    assert set(library.groups) == {"tumor", "immune"}


def test_counts_of_other_tools_make_samples_too(sheet):
    cohort = read(sheet(("L1", "P1", "cells", "sc_atac", "", "CELLS", "", "CELLS")))
    assert sorted(cohort.samples) == ["L1.immune", "L1.tumor"]
    assert not any(sample.units for sample in cohort.samples.values())
    assert cohort.libraries["L1"].files == [cohort.libraries["L1"].fields["cell_counts"]]


def test_no_tumour_cells_are_told(sheet, tmp_path):
    path = sheet(LIBRARY, NORMAL)
    (tmp_path / "cells.tsv").write_text("barcode\tcell_role\tcell_type\nC-1\timmune\tT\n")
    warnings = [str(warning) for warning in read(path).warnings]
    assert any(
        "has no tumor cells: the tumour's variants must come from a bulk" in w for w in warnings
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("L1", "P1", "cells", "", "l.bam", "CELLS")], "s.tsv:2: assay: is empty: role cells"),
        ([("L1", "P1", "cells", "wgs", "l.bam", "CELLS")], "s.tsv:2: assay: found 'wgs', but role"),
        ([("L1", "P1", "tumor", "sc_rna", "l.bam")], "s.tsv:2: assay: found 'sc_rna', which needs"),
        ([("L1", "P1", "cells", "sc_atac", "l.bam")], "s.tsv:2: cell_annotation: is empty"),
        ([("L1", "P1", "cells", "sc_atac", "", "CELLS", "", "", "", "r.fq")],
         "s.tsv:2: fastq_1: reads of cells are taken from"),
        ([("L1", "P1", "cells", "sc_plate", "l.bam", "CELLS")], "s.tsv:2: library: is empty"),
        ([("L1", "P1", "cells", "sc_atac", "l.bam", "CELLS", "X")], "s.tsv:2: library: is for sc"),
        ([("L1", "P1", "cells", "sc_atac", "", "CELLS", "", "gone")],
         "s.tsv:2: cell_counts: 'gone' not found"),
        ([("L1", "P1", "cells", "sc_atac", "l.bam", "CELLS", "", "CELLS")],
         "s.tsv:2: cell_counts: found bam too"),
        ([("L1", "P1", "cells", "sc_atac", "l.bam", "CELLS", "", "", "gone")],
         "s.tsv:2: barcodes: 'gone' not found"),
        ([("L1", "P1", "cells", "sc_atac", "l.bam", "gone.tsv")],
         "s.tsv:2: cell_annotation: 'gone.tsv' not found"),
        ([LIBRARY, ("L1.tumor", "P1", "tumor", "wgs", "t.bam")],
         "s.tsv:3: sample: sample 'L1.tumor' has the name that the tumor cells of library"),
        ([("A1", "P1", "cells", "sc_plate", "1.bam", "CELLS", "plate"),
          ("A2", "P2", "cells", "sc_plate", "2.bam", "CELLS", "plate")],
         "s.tsv:3: patient: found 'P2', but line 2 of this library has 'P1'"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place(sheet, rows, message):
    assert any(message in found for found in problems(sheet(*rows))), problems(sheet(*rows))
