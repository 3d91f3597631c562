"""ZIP archives as sources: whatever is wrong with one, or with a member, is a row."""

import gc
import io
import os
import random
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import pytest

from app.core.errors import SourceError
from app.core.images.decoding import MAX_FILE_BYTES
from app.core.sources import archives
from app.core.sources.archive_listing import images_in
from app.core.sources.left_out import LeftOut
from app.core.sources.sources import from_paths
from tests.app.core.sources.contents import codes, names, reason, sentence
from tests.pictures import restated, zipped


@pytest.fixture
def pack(tmp_path):
    def write(data, name="films.zip"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archive_gives_its_images_in_name_order(pack, method):
    files = {"b.png": b"b" * 999, "a/ü.png": b"", "a/c.dcm": os.urandom(3000), "notes.txt": b"",
             ".hidden.png": b"", "__MACOSX/._b.png": b"", "./d.png": b"d"}  # fmt: skip
    path = pack(zipped(files, method=method), "films.ZIP")
    found = list(from_paths([path]))
    assert names(found, path) == ["./d.png", "a/c.dcm", "a/ü.png", "b.png"]
    assert [source.read() for source in found] == [
        files[name.removeprefix(f"{path}/")] for name in (source.name for source in found)
    ]


def test_two_members_of_one_name_are_two_sources(pack):
    path = pack(zipped({"a.png": b"first", "b.png": b""}))
    with zipfile.ZipFile(path, "a") as again, pytest.warns(UserWarning, match="Duplicate name"):
        again.writestr("a.png", b"second")
    assert codes(from_paths([path])) == [b"first", b"second", b""]


def test_backslashes_are_folders(pack):
    path = pack(zipped({"films\\a.png": b"abc", "__MACOSX\\b.png": b"", "..\\c.png": b""}))
    assert codes(from_paths([path])) == ["unsafe_name", b"abc"]


@pytest.mark.parametrize(
    "name",
    ["../a.png", "a/../../b.png", "/etc/a.png", "\\a.png", "C:\\a.png", "C:/a.png", "..\\a.png"],
)
def test_names_that_lead_out_are_refused_and_the_rest_is_read(pack, name):
    path = pack(zipped({name: b"evil", "good.png": b"abc"}))
    found = list(from_paths([path]))
    assert sorted(map(str, codes(found))) == ["b'abc'", "unsafe_name"]
    (evil,) = [source for source in found if not source.name.endswith("good.png")]
    assert reason(evil).status == "refused"


def test_a_member_without_a_name_is_refused_and_the_rest_is_read(pack):
    archive = zipped({"a.png": b"one", "b.png": b"abc"})
    nameless = restated(archive, field="name_length", value=0)
    path = pack(restated(nameless, field="comment_length", value=len("a.png")))

    assert codes(from_paths([path])) == ["unsafe_name", b"abc"]


def test_a_link_is_refused_as_one(pack):
    link = zipfile.ZipInfo("link.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    bare = zipfile.ZipInfo("week")
    bare.create_system, bare.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.png", b"abc")
        archive.writestr(link, b"a.png")
        archive.writestr(bare, b"../week-12")
    assert codes(from_paths([pack(content.getvalue())])) == [
        b"abc", "link_in_archive", "link_in_archive",
    ]  # fmt: skip


def test_encrypted_member(pack):
    archive = restated(zipped({"a.png": b"abc", "b.png": b"b"}), field="flags", value=1)
    assert codes(from_paths([pack(archive)])) == ["encrypted_archive", b"b"]


@pytest.mark.parametrize("method", [9, 12, 14, 99])
def test_unknown_compression(pack, method):
    archive = restated(zipped({"a.png": b"abc", "b.png": b"b"}), field="method", value=method)
    found = list(from_paths([pack(archive)]))
    assert codes(found) == ["unknown_compression", b"b"]
    assert f"method {method}" in str(reason(found[0]))


@pytest.mark.parametrize(
    ("field", "change"),
    [("checksum", -1), ("checksum", 1), ("packed_size", -1), ("size", -1), ("size", 1)],
)
def test_member_that_does_not_fit_its_figures(pack, field, change):
    files = {"a.png": b"abc" * 99, "b.png": b"b"}
    offset = {"checksum": 16, "packed_size": 20, "size": 24}[field]
    archive = zipped(files, method=zipfile.ZIP_STORED)
    start = archive.index(b"PK\x01\x02") + offset
    value = int.from_bytes(archive[start : start + 4], "little") + change
    archive = restated(archive, field=field, value=value % 2**32)
    assert codes(from_paths([pack(archive)])) == ["damaged_archive", b"b"]


def test_member_whose_bytes_are_damaged(pack):
    archive = zipped({"a.png": os.urandom(500), "b.png": b"b"}, method=zipfile.ZIP_STORED)
    archive[100] ^= 1
    assert codes(from_paths([pack(archive)])) == ["damaged_archive", b"b"]


def test_archive_that_changes_after_it_was_listed(pack):
    path = pack(zipped({"a.png": b"abc", "b.png": b"b"}))
    found = list(from_paths([path]))
    path.write_bytes(zipped({"longer name.png": b"other"}))
    assert codes(found) == ["damaged_archive", "damaged_archive"]
    path.write_bytes(b"")
    assert codes(found) == ["damaged_archive", "damaged_archive"]


def test_archive_that_is_removed_after_it_was_listed_is_still_read(pack):
    path = pack(zipped({"a.png": b"abc"}))
    found = list(from_paths([path]))
    path.unlink()
    assert codes(found) == [b"abc"]


@pytest.mark.slow
def test_member_that_inflates_to_more_than_it_states_costs_no_memory(tmp_path):
    code = """
import resource, sys, zlib
from pathlib import Path
from unittest.mock import Mock
from app.core.errors import ImageError
from app.core.sources.sources import from_paths
from tests.pictures import restated, zipped
packer = zlib.compressobj(1, zlib.DEFLATED, -15)
piece = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
packed = piece * 1000 + packer.flush()
archive = zipped({"a.png": packed, "b.png": b"b"}, method=0)
for field, value in (("method", 8), ("size", 10)):
    archive = restated(archive, field=field, value=value)
path = Path(sys.argv[1])
path.write_bytes(archive)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = list(from_paths([path]))
try:
    found[0].read()
except ImageError as error:
    print(error.code, found[1].read().decode())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "liar.zip")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *told, kilobytes = done.stdout.split()
    assert told == ["damaged_archive", "b"]
    assert int(kilobytes) < 20_000


def test_member_that_is_too_large(pack):
    size = MAX_FILE_BYTES + 1
    archive = restated(zipped({"a.png": b"abc", "b.png": b"b"}), field="size", value=size)
    assert codes(from_paths([pack(archive)])) == ["file_too_large", b"b"]


def test_archive_that_unpacks_to_100_gigabytes(pack):
    archive = zipped({f"{number}.png": b"abc" for number in range(26)})
    for number in range(26):
        archive = restated(archive, field="size", value=2**32 - 2, index=number)
    path = pack(archive)
    with pytest.raises(SourceError, match=r"unpacks to 104 GB; the maximum is 20 GB"):
        list(images_in(path, LeftOut(), name="films.zip"))
    assert "104 GB" in sentence(from_paths([path]))
    good = pack(zipped({"a.png": b"abc"}), "good.zip")
    found = list(from_paths([path, good]))
    assert codes(found) == ["archive_too_large", b"abc"]
    assert reason(found[0]).status == "refused"


def test_archive_inside_an_archive_keeps_a_row(pack):
    inner = bytes(zipped({"c.png": b"c"}))
    found = list(from_paths([pack(zipped({"a.png": b"abc", "b.zip": inner, ".c.zip": inner}))]))
    assert codes(found) == [b"abc", "nested_archive"]


def test_empty_archive(pack):
    path = pack(zipped({}))
    assert list(images_in(path, LeftOut(), name="films.zip")) == []
    assert "contains no image" in sentence(from_paths([path]))


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", b"PK\x03\x04" * 50])
def test_what_is_no_archive(pack, data):
    path = pack(data)
    with pytest.raises(SourceError, match="not a valid ZIP"):
        list(images_in(path, LeftOut(), name="films.zip"))


def test_folder_with_the_name_of_an_archive(tmp_path):
    (tmp_path / "x.zip").mkdir()
    (tmp_path / "x.zip" / "a.png").write_bytes(b"abc")
    assert codes(from_paths([tmp_path / "x.zip"])) == [b"abc"]


def test_name_in_an_old_code_page(pack):
    archive = zipped({"f_lm.png": b"abc"})
    path = pack(archive.replace(b"f_lm.png", b"f\x81lm.png"))
    (found,) = from_paths([path])
    assert found.name.endswith("/fülm.png")  # 0x81 of code page 437
    assert found.read() == b"abc"


def test_name_that_claims_utf_8_and_is_none(pack):
    archive = zipped({"f_lm.png": b"abc"}).replace(b"f_lm.png", b"f\xfflm.png")
    path = pack(restated(archive, field="flags", value=0x800))
    with pytest.raises(SourceError, match="not a valid ZIP"):
        list(images_in(path, LeftOut(), name="films.zip"))


def test_damage_anywhere_gives_bytes_or_a_reason(pack):
    whole = zipped({"a.png": b"abc" * 50, "b/c.png": bytes(range(256)), "d.dcm": b"d"})
    generator = random.Random(5)
    for _ in range(150):
        archive = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            archive[generator.randrange(len(archive))] = generator.randrange(256)
        path = pack(archive)
        try:
            found = list(images_in(path, LeftOut(), name="films.zip"))
        except SourceError:
            continue
        codes(found)


def test_an_archive_is_opened_once_for_all_its_members(pack, monkeypatch):
    path = pack(zipped({f"{number}.png": b"abc" for number in range(50)}))
    opened = Mock(wraps=zipfile.ZipFile)
    monkeypatch.setattr(archives.zipfile, "ZipFile", opened)
    assert codes(from_paths([path])) == [b"abc"] * 50
    assert opened.call_count == 1


def test_threads_read_one_archive(pack):
    files = {f"{number:03d}.png": bytes([number]) * 5000 for number in range(200)}
    found = list(from_paths([pack(zipped(files))]))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda source: source.read(), found)) == list(files.values())


def test_an_archive_in_a_cycle_of_references_is_closed(pack):
    (member,) = archives.members(pack(zipped({"a.png": b"abc"})))
    file = member.archive.file
    cycle = [member]
    cycle.append(cycle)

    del member, cycle
    gc.collect()

    assert file.fp is None
