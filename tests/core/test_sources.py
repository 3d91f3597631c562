import os
import random
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest

from app.core import archives, sources
from app.core.errors import ImageError, SourceError
from app.core.sources import Source, from_archive, from_paths, is_image_name
from tests.pictures import restated, zipped


def names(found, base):
    return [source.name.removeprefix(f"{base}/") for source in found]


def reason(source):
    with pytest.raises(ImageError) as caught:
        source.read()
    return caught.value


def codes(found):
    """Code of each source, or its bytes where it can be read."""
    result = []
    for source in found:
        try:
            result.append(source.read())
        except ImageError as error:
            result.append(error.code)
    return result


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "films"
    place.mkdir()
    return place


# Names.


@pytest.mark.parametrize("name", [
    "a.jpg", "A.JPEG", "b.Png", "c.tif", "c.tiff", "d.dcm", "d.dicom", "e.bmp", "f.webp", "g.gif",
    "h.jfif", "IM000001", "1.2.840.113619.2.55", "film 1 (ü).png", "-rf.png", "=cmd.png", "a.b.jpg",
    "folder/IM0001", "two\nlines.png", "scan.0001",
])  # fmt: skip
def test_image_names(name):
    assert is_image_name(name)


@pytest.mark.parametrize("name", [
    ".hidden.png", "folder/.hidden.png", "notes.txt", "results.csv", "DICOMDIR", "README", "a.zip",
    "Thumbs.db", "jpg", "folder.png/notes.txt", "", "1.nii", "._film.jpg",
])  # fmt: skip
def test_other_names(name):
    assert not is_image_name(name)


# Files.


def test_a_file_named_itself_is_read_whatever_it_is_called(tmp_path):
    file = tmp_path / "-notes ü\n.txt"
    file.write_bytes(b"abc")
    (found,) = from_paths([file])
    assert (found.name, found.read(), found.problem) == (str(file), b"abc", None)


def test_same_file_twice_is_two_sources(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(b"abc")
    assert codes(from_paths([file, file])) == [b"abc", b"abc"]


def test_a_file_that_vanishes(tmp_path):
    file = tmp_path / "CANARY.png"
    file.write_bytes(b"abc")
    (found,) = from_paths([file])
    file.unlink()
    error = reason(found)
    assert (error.code, error.status) == ("not_readable", "unreadable")
    assert "No such file" in str(error)
    assert "CANARY" not in error.reason
    assert error.__suppress_context__


def denied(path, *_):
    raise PermissionError(13, "Permission denied", str(path))


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    file = tmp_path / "CANARY.png"
    file.write_bytes(b"abc")
    (found,) = from_paths([file])
    monkeypatch.setattr(sources.os, "open", denied)  # root may read everything
    error = reason(found)
    assert "Permission denied" in str(error)
    assert "CANARY" not in error.reason


def test_a_file_that_is_still_written(tmp_path, monkeypatch):
    file = tmp_path / "a.png"
    file.write_bytes(b"abc")
    whole = os.stat(file)
    file.write_bytes(b"abcdef")
    monkeypatch.setattr(sources.os, "fstat", lambda _: whole)
    assert reason(Source("a", file)).code == "still_written"


def test_a_file_with_too_many_bytes(tmp_path):
    file = tmp_path / "a.png"
    with file.open("wb") as sparse:
        sparse.truncate(sources.MAX_FILE_BYTES + 1)
    error = reason(Source("a", file))
    assert (error.code, error.status) == ("file_too_large", "refused")


def test_a_folder_read_as_a_file(tmp_path):
    assert reason(Source("a", tmp_path)).code in ("not_a_file", "not_readable")


@pytest.mark.parametrize("path", ["a\0b.png", "x" * 5000, "a" * 300 + ".png"])
def test_a_path_that_no_system_takes(path):
    assert reason(Source("a", Path(path))).code == "not_readable"
    with pytest.raises(SourceError):
        list(from_paths([Path(path)]))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "a.png")
    os.mkfifo(folder / "b.zip")
    found = []
    thread = threading.Thread(
        target=lambda: found.extend(
            codes(from_paths([folder, folder / "a.png", folder / "b.zip"]))
        ),
        daemon=True,
    )
    thread.start()
    thread.join(5)
    assert found == ["not_a_file", "nested_archive", "not_a_file", "not_a_file"]


def test_a_device_is_not_read():
    assert reason(Source("zero", Path("/dev/zero"))).code == "not_a_file"


def test_a_name_that_is_not_utf_8_can_be_written_down(folder):
    raw = os.fsencode(folder) + b"/f\xfclm.png"
    try:
        Path(os.fsdecode(raw)).write_bytes(b"abc")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    (found,) = from_paths([folder])
    assert found.name == f"{folder}/f\\xfclm.png"
    assert found.read() == b"abc"
    (found,) = sources.below_root(folder, folder)
    assert found.name == "f\\xfclm.png"


# Folders.


def test_folder_gives_its_images_in_name_order(folder):
    for name in ("b.png", "a.png", "sub/c.png", "sub/deep/er/d.dcm", "notes.txt", "IM0001",
                 ".hidden.png", ".git/e.png", "__MACOSX/f.png", "sub/.DS_Store"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    found = list(from_paths([folder]))
    assert names(found, folder) == ["IM0001", "a.png", "b.png", "sub/c.png", "sub/deep/er/d.dcm"]
    assert [source.read().decode() for source in found] == names(found, folder)
    assert names(sources.below_root(folder, folder / "sub"), folder) == [
        "sub/c.png",
        "sub/deep/er/d.dcm",
    ]


def test_order_is_that_of_sorted_paths(folder):
    for name in ("a/z.png", "a-b.png", "a.png", "B.png", "a/b/c.png", "ä.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    found = [source.path for source in from_paths([folder])]
    assert found == sorted(found)


def test_order_of_the_inputs_is_kept(folder):
    for name in ("b.png", "a.png"):
        (folder / name).write_bytes(name.encode())
    found = from_paths([folder / "b.png", folder, folder / "a.png"])
    assert codes(found) == [b"b.png", b"a.png", b"b.png", b"a.png"]


def test_folder_with_the_name_of_an_image(folder):
    (folder / "x.jpg").mkdir()
    (folder / "x.jpg" / "a.png").write_bytes(b"abc")
    assert names(from_paths([folder]), folder) == ["x.jpg/a.png"]


def test_links_are_followed_only_inside(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(b"secret")
    (folder / "a.png").write_bytes(b"abc")
    (folder / "sub").mkdir()
    (folder / "b_inside.png").symlink_to("a.png")
    (folder / "c_out.png").symlink_to("../outside/secret.png")
    (folder / "d_folder").symlink_to("../outside")
    (folder / "e_up").symlink_to("..")
    (folder / "f_loop.png").symlink_to("f_loop.png")
    (folder / "g_broken.png").symlink_to("nothing.png")
    (folder / "h_notes.txt").symlink_to("../outside/secret.png")
    (folder / "i_sub").symlink_to("sub")
    found = list(from_paths([folder]))
    assert names(found, folder) == [
        "a.png", "b_inside.png", "c_out.png", "d_folder", "e_up", "f_loop.png", "g_broken.png",
        "i_sub",
    ]  # fmt: skip
    assert codes(found) == [
        b"abc", b"abc", "link_outside", "link_outside", "link_outside", "not_readable",
        "not_readable", "link_to_folder",
    ]  # fmt: skip


def test_folder_reached_by_a_link_is_read(folder, tmp_path):
    (folder / "a.png").write_bytes(b"abc")
    (folder / "b.png").symlink_to("a.png")
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert codes(from_paths([link])) == [b"abc", b"abc"]


def test_folder_that_may_not_be_entered_keeps_a_row(folder, monkeypatch):
    (folder / "a.png").write_bytes(b"abc")
    (folder / "closed").mkdir()
    list_folder = os.scandir

    def scandir(path):
        return denied(path) if Path(path).name == "closed" else list_folder(path)

    monkeypatch.setattr(sources.os, "scandir", scandir)
    found = list(from_paths([folder]))
    assert names(found, folder) == ["a.png", "closed"]
    assert codes(found) == [b"abc", "not_readable"]


def test_archive_in_a_folder_keeps_a_row(folder):
    (folder / "a.png").write_bytes(b"abc")
    (folder / "b.ZIP").write_bytes(zipped({"c.png": b"c"}))
    assert codes(from_paths([folder])) == [b"abc", "nested_archive"]


def test_what_cannot_be_opened_costs_only_its_row(folder, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "notes.txt").touch()
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"no archive")
    (folder / "a.png").write_bytes(b"abc")
    found = list(from_paths([tmp_path / "missing", empty, bad, folder]))
    assert codes(found) == ["not_found", "no_images", "damaged_archive", b"abc"]
    assert [source.name for source in found[:3]] == [
        str(path) for path in (tmp_path / "missing", empty, bad)
    ]
    assert [reason(source).status for source in found[:3]] == [
        "unreadable",
        "refused",
        "unreadable",
    ]


def test_nothing_at_all_is_an_error_that_says_why(tmp_path):
    with pytest.raises(SourceError, match=r"no image.*'.*missing'.*nothing at this path"):
        list(from_paths([tmp_path / "missing"]))
    with pytest.raises(SourceError, match="holds no image"):
        list(from_paths([tmp_path]))
    with pytest.raises(SourceError, match="no image"):
        list(from_paths([]))


def test_a_deep_folder_is_no_recursion(folder):
    place = folder
    for _ in range(300):
        place = place / "d"
    place.mkdir(parents=True)
    (place / "a.png").write_bytes(b"abc")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert codes(from_paths([folder])) == [b"abc"]
    finally:
        sys.setrecursionlimit(limit)


# Archives.


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


def test_member_that_inflates_to_more_than_it_states_costs_no_memory(tmp_path):
    code = """
import resource, sys, zlib
from pathlib import Path
from unittest.mock import Mock
from app.core.errors import ImageError
from app.core.sources import from_paths
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
    size = sources.MAX_FILE_BYTES + 1
    archive = restated(zipped({"a.png": b"abc", "b.png": b"b"}), field="size", value=size)
    assert codes(from_paths([pack(archive)])) == ["file_too_large", b"b"]


def test_archive_that_unpacks_to_100_gigabytes(pack):
    archive = zipped({f"{number}.png": b"abc" for number in range(26)})
    for number in range(26):
        archive = restated(archive, field="size", value=2**32 - 2, index=number)
    path = pack(archive)
    with pytest.raises(SourceError, match=r"unpacks to 104 GB; at most 20 GB"):
        list(from_archive(path, name="films.zip"))
    with pytest.raises(SourceError, match="104 GB"):
        list(from_paths([path]))
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
    assert list(from_archive(path, name="films.zip")) == []
    with pytest.raises(SourceError, match="holds no image"):
        list(from_paths([path]))


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all", b"PK\x03\x04" * 50])
def test_what_is_no_archive(pack, data):
    path = pack(data)
    with pytest.raises(SourceError, match="no readable ZIP"):
        list(from_archive(path, name="films.zip"))


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
    with pytest.raises(SourceError, match="no readable ZIP"):
        list(from_archive(path, name="films.zip"))


def test_damage_anywhere_gives_bytes_or_a_reason(pack):
    whole = zipped({"a.png": b"abc" * 50, "b/c.png": bytes(range(256)), "d.dcm": b"d"})
    generator = random.Random(5)
    for _ in range(150):
        archive = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            archive[generator.randrange(len(archive))] = generator.randrange(256)
        path = pack(archive)
        try:
            found = list(from_archive(path, name="films.zip"))
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


# Below a root.


@pytest.fixture
def root(tmp_path):
    place = tmp_path / "root"
    (place / "week").mkdir(parents=True)
    (place / "week" / "a.png").write_bytes(b"abc")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.png").write_bytes(b"secret")
    (tmp_path / "root-2").mkdir()
    (place / "out").symlink_to(tmp_path / "secret")
    (place / "back").symlink_to("week")
    (place / "loop").symlink_to("loop")
    return place


@pytest.mark.parametrize(
    "relative", ["", ".", "week", "week/", "week/../week", "back", "week/a.png"]
)
def test_inside_the_root(root, relative):
    assert sources.inside_root(root, relative).is_relative_to(root.resolve())


@pytest.mark.parametrize("relative", [
    "..", "../secret", "week/../../secret", "out", "out/s.png", "/etc", "/", "../root-2",
])  # fmt: skip
def test_outside_the_root(root, relative):
    with pytest.raises(SourceError, match="outside"):
        sources.inside_root(root, relative)


@pytest.mark.parametrize("relative", ["none", "week\0", "loop", "loop/a", "x" * 5000, "x/" * 3000])
def test_nothing_there_below_the_root(root, relative):
    with pytest.raises(SourceError, match="does not exist"):
        sources.inside_root(root, relative)


def test_root_that_is_itself_a_link(root, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(root)
    folder = sources.inside_root(link, "week")
    (found,) = sources.below_root(link, folder)
    assert (found.name, found.read()) == ("week/a.png", b"abc")


def test_links_below_the_root_may_lead_anywhere_inside_it(root):
    (root / "other").mkdir()
    (root / "other" / "b.png").symlink_to("../week/a.png")
    (root / "other" / "c.png").symlink_to("../../secret/s.png")
    found = sources.below_root(root, root / "other")
    assert [source.name for source in found] == ["other/b.png", "other/c.png"]
    assert codes(found) == [b"abc", "link_outside"]


def test_nothing_of_outside_is_ever_read(root):
    contents = codes(sources.below_root(root, root))
    assert b"secret" not in contents
    assert b"abc" in contents


def test_subfolders(root):
    (root / ".hidden").mkdir()
    (root / "file.png").touch()
    assert sources.subfolders(root, "") == ["back", "week"]
    assert sources.subfolders(root, "week") == []


def test_subfolders_of_what_is_no_folder(root):
    with pytest.raises(SourceError, match="cannot be listed"):
        sources.subfolders(root, "week/a.png")
    with pytest.raises(SourceError, match="outside"):
        sources.subfolders(root, "..")
