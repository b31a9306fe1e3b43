"""The table of shown fragments is written and read as it is."""

from mitotransfer.patient.reads_table import READS


def test_a_row_survives_the_file(tmp_path):
    numbers = {"pos": 7084, "start": 6900, "end": 7300, "quality": 37, "alt_fragments": 3}
    words = {"patient": "P", "sample": "S", "role": "immune", "ref": "T", "alt": "C"}
    row = words | numbers | {"strand": "+", "base": "C", "fragments": 900}
    READS.write(READS.frame([row]), tmp_path / "reads.tsv")
    assert READS.read(tmp_path / "reads.tsv").to_dict(orient="records") == [row]
