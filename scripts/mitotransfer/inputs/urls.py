"""URLs of files with reads, and the plugin of Snakemake that fetches each kind."""

from __future__ import annotations

import re

#: Plugin of Snakemake (``snakemake-storage-plugin-...``) by scheme.
PLUGINS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "https": "http", "http": "http", "ftp": "ftp"}


def scheme(name: str) -> str:
    """The scheme of a URL; empty for a path.

    >>> scheme("s3://bucket/a.bam"), scheme("a.bam"), scheme("C:/a.bam")
    ('s3', '', '')
    """
    found = re.match(r"([a-z][a-z0-9+]*)://", name, re.IGNORECASE)
    return found[1].lower() if found else ""
