"""Content of plain and compressed files: several members, padding, stray bytes, damage."""

from __future__ import annotations

import bz2
import gzip
import lzma
from functools import partial

import pysam
import pytest
import zstandard

from mitotransfer.problems import FileWarning
from mitotransfer.reads import compressed
from mitotransfer.reads.compressed import Content

TEXT = [b"".join(b"%d,%d\n" % (k * 7919 % 99991, part) for k in range(30_000)) for part in range(3)]


def skippable(data):
    """A zstd frame after one to be skipped, as pzstd writes them."""
    return b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zstandard.compress(data)


PACKERS = {
    "gzip": partial(gzip.compress, compresslevel=1),
    "bzip2": bz2.compress,
    "xz": partial(lzma.compress, preset=0),
    "zstd": zstandard.compress,
}


def content(path, size=1 << 16):
    parts = []
    with Content(path) as handle:
        while part := handle.read(size):
            parts.append(part)
    return handle.kind, b"".join(parts)


def written(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("padding", [b"", b"\0" * 600])
def test_all_members_are_read(tmp_path, kind, padding):
    packed = b"".join(PACKERS[kind](text) + padding for text in TEXT)
    assert content(written(tmp_path, packed)) == (kind, b"".join(TEXT))


def test_plain_files_bgzip_and_frames_to_be_skipped(tmp_path):
    assert content(written(tmp_path, TEXT[0])) == ("plain", TEXT[0])
    assert content(written(tmp_path, b"")) == ("plain", b"")
    source = written(tmp_path, TEXT[1])
    pysam.tabix_compress(str(source), str(tmp_path / "b.gz"))
    assert content(tmp_path / "b.gz") == ("gzip", TEXT[1])
    assert content(written(tmp_path, skippable(TEXT[2]))) == ("zstd", TEXT[2])


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("stray", [b"x", b"garbage" * 30_000])
def test_stray_bytes_at_the_end_are_passed_over_with_a_warning(tmp_path, kind, stray):
    packed = PACKERS[kind](TEXT[0])
    said = f"{len(stray)} bytes from byte {len(packed)} on are not {kind} data"
    with pytest.warns(FileWarning, match=said):
        assert content(written(tmp_path, packed + stray)) == (kind, TEXT[0])


@pytest.mark.parametrize("kind", PACKERS)
def test_compressed_data_after_stray_bytes_are_not_lost_silently(tmp_path, kind):
    packed = PACKERS[kind](TEXT[0])
    for stray in (b"stray", b"s" * (compressed._PIECE - 2)):
        path = written(tmp_path, packed + stray + packed)
        with pytest.raises(ValueError, match=f"from byte {len(packed)} on .*copy the file again"):
            content(path)


@pytest.mark.parametrize("kind", PACKERS)
def test_a_file_that_ends_inside_a_member_is_an_error_after_its_good_part(tmp_path, kind):
    whole = PACKERS[kind](TEXT[0]) + PACKERS[kind](TEXT[1])
    path = written(tmp_path, whole[: -len(PACKERS[kind](TEXT[1])) // 2])
    found = b""
    with Content(path) as handle, pytest.raises(compressed.ERRORS):
        while part := handle.read(1000):
            found += part
    assert found.startswith(TEXT[0])
    assert (TEXT[0] + TEXT[1]).startswith(found)


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])  # zstd has no checksum of its own
def test_damage_is_an_error(tmp_path, kind):
    packed = bytearray(PACKERS[kind](TEXT[0]))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    with pytest.raises(compressed.ERRORS):
        content(written(tmp_path, bytes(packed)))
