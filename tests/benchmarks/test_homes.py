"""Where the benchmarks find the films of a shipped bundle."""

from app.core.images import decoding
from benchmarks import homes
from tests.pictures import encode


def test_held_out_films_are_found_by_their_content(bundle, film, tmp_path, monkeypatch):
    table = bundle.predictions()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "any.png").write_bytes(encode(film, "PNG"))
    (tmp_path / "other.png").write_bytes(encode(film[:80], "PNG"))
    table.loc[table.index[0], ["split", "image_id"]] = [
        "test", decoding.image_id(encode(film, "PNG")),
    ]  # fmt: skip
    monkeypatch.setattr(type(bundle), "predictions", lambda _: table)

    assert homes.held_out_films(bundle, tmp_path) == [tmp_path / "deep" / "any.png"]


def test_bundles_without_a_reference_are_named_and_left_out(bundle, capsys):
    assert list(homes.bundles_with_reference(bundle.path.parent)) == []
    assert f"{bundle.name}: no reference" in capsys.readouterr().err
