"""Figures of other sources, which a card opens with."""

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from app.core.bundles.bundle import load_bundle
from app.core.errors import DatasetError
from model_training.bundling import other_sources
from model_training.bundling.card import write_card, written_figures
from model_training.cli import main
from model_training.data.datasets import read_dataset
from model_training.evaluation.scoring import score
from tests.model_training.films import write_classes


def headings(card):
    return [line[3:] for line in card.splitlines() if line.startswith("## ")]


@pytest.fixture(scope="module")
def elsewhere(bundle, tmp_path_factory):
    """A folder of sixteen films of eight patients and a file that is none."""
    folder = tmp_path_factory.mktemp("elsewhere") / "North"
    write_classes(folder, ("NORMAL", "PNEUMONIA"), patients=4)
    (folder / "NORMAL" / "broken.png").write_bytes(b"not an image")
    return folder


@pytest.fixture(scope="module")
def recorded(bundle, elsewhere):
    """The bundle with the figures of that folder, by the command."""
    out = elsewhere.parent / "copies" / "recorded"
    arguments = ["evaluate", str(bundle.path), str(elsewhere), "--record", str(out)]
    assert main([*arguments, "--source-name", "Hospital N", "--not-tested", "Adults"]) == 0
    return load_bundle(out)


def test_a_card_opens_with_what_is_unknown(bundle):
    card = write_card(bundle.manifest, bundle.predictions(), [], not_tested=["Adults"])

    assert headings(card)[:3] == ["Not tested on", "On other sources", "Intended use"]
    assert "## Not tested on\n\n- Adults\n- Images of any hospital" in card
    assert "## On other sources\n\nImages of no other source were evaluated.\n" in card


def test_the_figures_are_those_of_the_images(recorded, bundle, elsewhere):
    scored = score(bundle, read_dataset(elsewhere))
    cases = scored.held_out()
    auc = roc_auc_score(cases.y_true, cases.probabilities[:, 1])

    table = pd.read_csv(recorded.path / "other_sources.csv", keep_default_na=False)

    found = table.set_index("figure")
    assert set(table["source"]) == {"Hospital N"}
    assert found.loc["AUC", "value"] == f"{auc:.3f}"
    assert found.loc["AUC", "of"] == "16 images of 8 patients"
    assert str(found.loc["Not scored", "value"]) == "1"
    assert found.loc["Not scored", "of"] == "17 images: 1 not an image"
    assert "Positive predictive value" not in found.index
    assert f"| Hospital N | AUC | {auc:.3f} |" in " ".join(recorded.card().split())


def test_only_the_opening_of_the_card_changes(recorded, bundle):
    assert headings(recorded.card())[:2] == ["Not tested on", "On other sources"]
    assert headings(recorded.card())[2:] == [
        heading
        for heading in headings(bundle.card())
        if heading not in ("Not tested on", "On other sources")
    ]
    assert "- Adults\n" in recorded.card()
    assert written_figures(recorded.card()) == written_figures(bundle.card())
    assert recorded.sha256 != bundle.sha256
    assert (recorded.path / "model.keras").read_bytes() == (
        bundle.path / "model.keras"
    ).read_bytes()


def test_a_second_source_is_added_and_the_same_one_replaced(recorded, elsewhere, tmp_path):
    scored = score(recorded, read_dataset(elsewhere))

    more = other_sources.record(recorded, scored, source="South", seen="", out=tmp_path / "more")
    again = other_sources.record(more, scored, source="South", seen="", out=tmp_path / "again")

    for bundle in (more, again):
        table = pd.read_csv(bundle.path / "other_sources.csv")
        assert table["source"].value_counts().to_dict() == {"Hospital N": 7, "South": 7}
        assert headings(bundle.card()).count("On other sources") == 1
        assert "- Adults\n" in bundle.card()


def test_a_card_of_an_earlier_version_gets_both_sections(recorded, elsewhere, tmp_path):
    scored = score(recorded, read_dataset(elsewhere))
    start, end = (recorded.card().index(f"\n## {name}") for name in ("Not tested", "Intended"))
    old = other_sources.write_copy(
        recorded, tmp_path / "old",
        {"MODEL_CARD.md": recorded.card()[:start] + recorded.card()[end:]},
    )  # fmt: skip
    assert headings(old.card())[0] == "Intended use"

    new = other_sources.record(old, scored, source="South", seen="", out=tmp_path / "new")

    assert headings(new.card())[:3] == ["Not tested on", "On other sources", "Intended use"]


def test_images_of_the_training_are_no_other_source(bundle, elsewhere, tmp_path):
    scored = score(bundle, read_dataset(elsewhere))

    with pytest.raises(DatasetError, match=r"Nothing was recorded\. 3 of 16 were used"):
        other_sources.record(
            bundle, scored, source="x", seen="3 of 16 were used to train it.", out=tmp_path / "x"
        )

    assert not (tmp_path / "x").exists()


def test_wrong_calls_end_before_anything_is_scored(bundle, elsewhere, tmp_path, capsys):
    call = ["evaluate", str(bundle.path), str(elsewhere)]

    statuses = [
        main([*call, "--source-name", "North"]),
        main([*call, "--record", str(tmp_path)]),
    ]

    assert statuses == [2, 2]
    assert "are for --record" in capsys.readouterr().err
