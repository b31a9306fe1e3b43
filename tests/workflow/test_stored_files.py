"""Reads by URL: checked without loading, and at their local paths in the cohort."""

from __future__ import annotations

import pytest

from mitotransfer.inputs.sheets import Cohort, Sample, Unit
from mitotransfer.workflow.stored_files import StoredFiles


class Stored:
    """What a storage plugin gives for a URL."""

    def __init__(self, url, sizes):
        self.url, self.sizes = url, sizes

    def exists(self):
        if "timeout" in self.url:
            raise OSError("timed\nout")
        return self.url in self.sizes

    def size(self):
        return self.sizes[self.url]


class LocalPath(str):
    """A path with flags, as Snakemake has it."""


def storage_of(sizes):
    def storage(url):
        if url.startswith("gs"):
            raise RuntimeError("No storage plugin found")
        path = LocalPath(".store/" + url.partition("://")[2])
        path.flags = {"storage_object": Stored(url, sizes)}
        return path

    return StoredFiles(storage)


@pytest.fixture
def stored():
    return storage_of({"s3://b/1.fq.gz": 3_000_000, "https://h/2.fq.gz": 2_000_000})


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("s3://b/1.fq.gz", ""),
        ("s3://b/3.fq.gz", "found 's3://b/3.fq.gz', but there is no such file"),
        ("ftp://h/timeout", "'ftp://h/timeout' cannot be reached: timed out"),
        ("gs://b/1.fq.gz", "needs snakemake-storage-plugin-gcs: install requirements-urls.lock"),
        ("file:///a.fq", "found 'file:///a.fq', expected a path or a URL of s3://, gs://"),
    ],
)
def test_what_is_wrong_with_a_url(stored, url, fault):
    found = stored.fault(url)
    assert fault in found if fault else found == ""


def test_the_cohort_has_local_paths_which_are_inputs_with_their_storage(stored):
    units = (Unit(2, "s3://b/1.fq.gz", "https://h/2.fq.gz"), Unit(3, "", "", "here.bam"))
    one = Sample("A", "P", "immune", 2, {}, units)
    other = Sample("B", "P", "tumor", 4, {}, (Unit(4, "here.fq"),))
    cohort = stored.localised(Cohort({"A": one, "B": other}, {}))
    assert cohort.samples["B"] is other
    paths = cohort.samples["A"].read_files
    assert paths == [".store/b/1.fq.gz", ".store/h/2.fq.gz", "here.bam"]
    assert [unit.line for unit in cohort.samples["A"].units] == [2, 3]
    assert [hasattr(path, "flags") for path in stored.inputs(paths)] == [True, True, False]
    assert stored.megabytes(paths) == 5
