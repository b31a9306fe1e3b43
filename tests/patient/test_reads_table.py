"""The table of shown fragments is written and read as it is."""

import pytest

from mitotransfer.patient.reads_table import READS


@pytest.mark.parametrize(
    "shown",
    [
        {"base": "C", "bases": "", "qualities": ""},
        # Every quality that FASTQ can have, the quotation mark among them.
        {"base": "split", "bases": "AC.", "qualities": "".join(map(chr, range(33, 127)))},
    ],
)
def test_a_row_survives_the_file(tmp_path, shown):
    numbers = {"pos": 7084, "start": 6900, "end": 7300, "quality": 37, "alt_fragments": 3}
    words = {"patient": "P", "sample": "S", "role": "immune", "ref": "T", "alt": "C"}
    row = words | numbers | {"strand": "+", "fragments": 900} | shown
    READS.write(READS.frame([row]), tmp_path / "reads.tsv")
    assert READS.read(tmp_path / "reads.tsv").to_dict(orient="records") == [row]
