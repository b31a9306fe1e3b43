"""A run with reads in an S3 store and on a web server, both on the loopback."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import tiny_cohort
from snakemake_run import copy_workflow
from tsv import read_rows, write_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


@pytest.fixture
def s3(monkeypatch):
    """A client of an S3 store with an empty bucket ``reads``, which Snakemake uses too."""
    moto_server, boto3 = pytest.importorskip("moto.server"), pytest.importorskip("boto3")
    pytest.importorskip("snakemake_storage_plugin_s3")
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    access = {"access_key": "test", "secret_key": "test", "endpoint_url": f"http://{host}:{port}"}
    for name, value in access.items():
        monkeypatch.setenv(f"SNAKEMAKE_STORAGE_S3_{name.upper()}", value)
    client = boto3.client(
        "s3", endpoint_url=access["endpoint_url"], region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    client.create_bucket(Bucket="reads")
    yield client
    server.stop()


@pytest.fixture
def web(tmp_path):
    """The address of a web server that shows ``tmp_path``, and the requests that it got."""
    pytest.importorskip("snakemake_storage_plugin_http")
    requests: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_):
            requests.append(f"{self.command} {self.path.rpartition('/')[2]}")

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", requests
    server.shutdown()


def test_reads_by_url_give_what_local_files_give(tmp_path, s3, web):
    address, requests = web
    workflow = copy_workflow(tmp_path / "workflow")
    tiny_cohort.make(workflow.folder / "cohort")
    tiny_cohort.run(workflow, "local", cores=2)
    sheet = workflow.folder / "cohort/samples.tsv"
    rows = read_rows(sheet)
    for row in rows:
        for column in ("fastq_1", "fastq_2"):
            path = workflow.folder / row[column]
            if row["role"] == "normal":
                row[column] = f"{address}/workflow/{row[column]}"
            else:
                s3.upload_file(str(path), "reads", f"run 1/{path.name}")
                row[column] = f"s3://reads/run 1/{path.name}"
    write_rows(sheet, rows)
    requests.clear()
    workflow.plan(*tiny_cohort.arguments("remote"))
    assert requests and not any(line.startswith("GET") for line in requests)
    tiny_cohort.run(workflow, "remote", cores=2)
    one, other = (workflow.folder / name / "transfer.tsv" for name in ("local", "remote"))
    assert one.read_bytes() == other.read_bytes()
    assert not list(workflow.folder.rglob(".snakemake/storage/**/*.fastq.gz"))
    assert workflow.plan(*tiny_cohort.arguments("remote")) == {}
    # All that is missing is told at once, before anything runs.
    rows[0]["fastq_1"] += ".no"
    rows[1]["fastq_2"] = f"{address}/none.fastq.gz"
    rows[2]["fastq_1"] = "rsync://host/a.fastq.gz"
    write_rows(sheet, rows)
    printed = tiny_cohort.run(workflow, "remote", check=False)
    assert "nothing was run" in printed
    for message in ("R1.fastq.gz.no', but there is no such file", "none.fastq.gz', but there is no",
                    "found 'rsync://host/a.fastq.gz', expected a path or a URL of"):  # fmt: skip
        assert message in printed, message
