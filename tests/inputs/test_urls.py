"""URLs and paths."""

from __future__ import annotations

import pytest

from mitotransfer.inputs.urls import PLUGINS, scheme


@pytest.mark.parametrize("name", ["a.bam", "/a/b.bam", "s3:/a", "://a", "a/s3://b", "", "1s://a"])
def test_paths_have_no_scheme(name):
    assert scheme(name) == ""


@pytest.mark.parametrize("kind", PLUGINS)
def test_urls_have_one_in_any_case(kind):
    assert scheme(f"{kind}://place/a.bam") == scheme(f"{kind.upper()}://place/a.bam") == kind
