"""Files with reads that a sheet names by URL, fetched by Snakemake's storage plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from mitotransfer.inputs.sheets import Cohort, Unit
from mitotransfer.inputs.urls import PLUGINS, scheme


class StoredFiles:
    """Files by URL, and the local paths at which Snakemake puts them for a job.

    Args:
        storage: Snakemake's function from a URL to a local path with its storage object.
    """

    def __init__(self, storage: Callable[[str], Any]) -> None:
        self._storage = storage
        self._by_url: dict[str, Any] = {}
        self._by_path: dict[str, Any] = {}

    def _stored(self, url: str) -> Any:
        if url not in self._by_url:
            path = self._storage(url)
            self._by_url[url] = self._by_path[str(path)] = path
        return self._by_url[url]

    def fault(self, url: str) -> str:
        """Why the file of a URL cannot be fetched, without loading it; empty where it can."""
        kind = scheme(url)
        if kind not in PLUGINS:
            expected = ", ".join(f"{name}://" for name in PLUGINS)
            return f"found '{url}', expected a path or a URL of {expected}"
        try:
            found = self._stored(url).flags["storage_object"].exists()
        except Exception as error:  # of any plugin and its libraries
            if "plugin" in str(error).lower():
                needed = f"snakemake-storage-plugin-{PLUGINS[kind]}"
                return f"'{url}' needs {needed}: install requirements-urls.lock"
            return f"'{url}' cannot be reached: {' '.join(str(error).split())[:300]}"
        return "" if found else f"found '{url}', but there is no such file, or no right to read it"

    def localised(self, cohort: Cohort) -> Cohort:
        """The cohort with the local path in place of each URL."""
        samples = {}
        for name, sample in cohort.samples.items():
            if any(scheme(path) for path in sample.read_files):
                units = (
                    Unit(unit.line, *map(self._local, (unit.fastq_1, unit.fastq_2, unit.bam)))
                    for unit in sample.units
                )
                sample = replace(sample, units=tuple(units))
            samples[name] = sample
        return replace(cohort, samples=samples)

    def _local(self, name: str) -> str:
        return str(self._stored(name)) if scheme(name) else name

    def inputs(self, paths: Iterable[str]) -> list[Any]:
        """Files of a rule's input: with their storage object where they are fetched."""
        return [self._by_path.get(path, path) for path in paths]

    def megabytes(self, paths: Iterable[str]) -> float:
        """Size of the files that are fetched (10^6 bytes)."""
        stored = [self._by_path[path] for path in paths if path in self._by_path]
        return sum(path.flags["storage_object"].size() for path in stored) / 1e6
