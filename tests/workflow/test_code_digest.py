"""The checksum of a script's code changes only with the code that it uses."""

from __future__ import annotations

import importlib
import shutil

import pytest

from mitotransfer.inputs import read_files, sheets
from mitotransfer.workflow import code_digest

FILES = {
    "step.py": "from mitotransfer import model\nprint(model.f())\n",
    "other.py": "import mitotransfer.draw\n",
    "mitotransfer/__init__.py": '__version__ = "1"\n',
    "mitotransfer/model.py": "from mitotransfer.base import g\ndef f():\n    return g() + 1\n",
    "mitotransfer/base.py": 'def g():\n    """Two."""\n    return 2\n',
    "mitotransfer/draw.py": "def show():\n    from mitotransfer import base\n    return base.g()\n",
    "mitotransfer/unused.py": "X = 1\n",
}


@pytest.fixture
def scripts(tmp_path):
    folder = tmp_path / "scripts"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def digests(scripts):
    code_digest._parsed.cache_clear()
    code_digest.code_digest.cache_clear()
    return code_digest.code_digest(scripts / "step.py"), code_digest.code_digest(
        scripts / "other.py"
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "step", "other"),
    [
        ("step.py", "print", "repr", True, False),
        ("mitotransfer/model.py", "+ 1", "+ 2", True, False),
        ("mitotransfer/base.py", "return 2", "return 3", True, True),
        ("mitotransfer/draw.py", "base.g()", "base.g() + 1", False, True),
        ("mitotransfer/unused.py", "1", "2", False, False),
        ("mitotransfer/base.py", "Two.", "2.", False, False),
        ("mitotransfer/base.py", "return 2", "return 2  # why", False, False),
        ("mitotransfer/__init__.py", '"1"', '"2"', False, False),
    ],
)
def test_a_digest_follows_the_code_that_a_script_uses(scripts, file, old, new, step, other):
    before = digests(scripts)
    path = scripts / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    after = digests(scripts)
    assert (before[0] != after[0], before[1] != after[1]) == (step, other)


def test_a_clone_in_a_folder_named_like_the_package_follows_its_code(scripts, tmp_path):
    clone = shutil.copytree(scripts, tmp_path / "mitotransfer" / "scripts")
    before = digests(clone)
    assert before == digests(scripts)
    base = clone / "mitotransfer" / "base.py"
    base.write_text(base.read_text().replace("return 2", "return 3"))
    after = digests(clone)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_place_of_a_clone_does_not_matter(scripts, tmp_path):
    shutil.copytree(scripts, tmp_path / "clone")
    assert digests(scripts) == digests(tmp_path / "clone")


def test_tables_count_for_steps_that_read_the_genome(scripts, tmp_path):
    (tmp_path / "genes.tsv").write_text("name\n")
    facts = tmp_path / "bundle.yaml"
    facts.write_text("length: 5\nfiles: {a: 1}\n")
    (scripts / "mitotransfer" / "genome").mkdir()
    (scripts / "mitotransfer" / "genome" / "bundle.py").write_text("GENES = 1\n")
    step = scripts / "step.py"

    def digests():
        code_digest._parsed.cache_clear()
        code_digest.code_digest.cache_clear()
        return code_digest.code_digest(step, tmp_path), code_digest.code_digest(step)

    with_tables, without = digests()
    assert with_tables == without
    step.write_text("from mitotransfer.genome import bundle\nprint(bundle.GENES)\n")
    with_tables, without = digests()
    assert with_tables != without
    (tmp_path / "genes.tsv").write_text("name\nMT-ND1\n")
    assert digests()[0] != with_tables and digests()[1] == without
    # The facts, but not the checksums of the tables.
    (scripts / "mitotransfer" / "genome" / "reference.py").write_text("")
    step.write_text("from mitotransfer.genome import reference\n")
    before = digests()
    facts.write_text("length: 5\nfiles: {a: 2}\n")
    assert digests() == before
    facts.write_text("length: 6\nfiles: {a: 2}\n")
    assert digests()[0] != before[0] and digests()[1] == before[1]


def test_steps_from_counts_to_report_read_the_genome(repository):
    bundle = repository / "scripts" / "mitotransfer" / "genome" / "bundle.py"
    reading = {
        path.stem
        for path in (repository / "scripts").glob("*.py")
        if bundle in code_digest.closure(path)
    }
    cohort = {"compare_samples", "cohort_background", "assess_cohort", "render_report"}
    assert {"count_alleles", "call_variants", "why_not_called"} | cohort <= reading
    assert not reading & {"write_sheets", "summarise_qc"}


def test_the_report_is_no_part_of_calling(repository):
    names = {path.stem for path in code_digest.closure(repository / "scripts/call_variants.py")}
    assert {"call_variants", "call", "background", "beta_binomial", "allele_counts"} <= names
    paths = map(str, code_digest.closure(repository / "scripts/call_variants.py"))
    assert not any("report" in path for path in paths)


def test_every_file_that_a_sheet_names_beside_the_reads_is_recorded():
    step = importlib.import_module("write_provenance")
    named = set(read_files.FILE_COLUMNS) - set(read_files.READ_COLUMNS)
    assert set(step.FILES) == named <= set(sheets.SAMPLE_COLUMNS)
