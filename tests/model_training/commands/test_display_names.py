"""`--display-names`: stated when a model is trained, and for a bundle without training."""

import pytest

from app.commands.parsing import WrongCall
from app.core.bundles.bundle import load_bundle
from model_training.cli import main
from model_training.commands.display_names import require_classes
from model_training.commands.program import _parser
from model_training.commands.settings import chosen_description

NAMES = ["--display-names", "NORMAL=No finding", "PNEUMONIA=Lung infection"]


@pytest.mark.parametrize("command", ["fit", "crossval"])
def test_a_training_is_told_them(command):
    options = _parser().parse_args(
        [command, "films", "--preset", "basic-cnn", "--out", "m", *NAMES]
    )

    names = chosen_description(options).display_names
    assert names == {"NORMAL": "No finding", "PNEUMONIA": "Lung infection"}
    require_classes(options, ("NORMAL", "PNEUMONIA"))
    with pytest.raises(WrongCall, match="'PNEUMONIA', which is no class"):
        require_classes(options, ("NORMAL", "EFFUSION"))


def test_a_bundle_is_given_them_with_its_card(phantom_bundle, tmp_path):
    out = tmp_path / "named"

    assert main(["zones", str(phantom_bundle.path), "--out", str(out), *NAMES[:2]]) == 0

    named = load_bundle(out)
    assert named.manifest.task.display_name("NORMAL") == "No finding"
    assert named.manifest.task.display_name("PNEUMONIA") == "Pneumonia"
    assert "It distinguishes: No finding, Pneumonia." in named.card()
    assert named.manifest.thresholds == phantom_bundle.manifest.thresholds
