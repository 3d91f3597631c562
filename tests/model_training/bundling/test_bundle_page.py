"""The page of a bundle's figures."""

import pytest

from model_training.bundling.bundle_page import write_page


@pytest.mark.parametrize("which", ["bundle", "three_class_bundle"])
def test_the_page_has_figures_curves_and_nobodys_name(which, request, tmp_path):
    bundle = request.getfixturevalue(which)

    write_page(tmp_path / "page.html", bundle)

    page = (tmp_path / "page.html").read_text()
    wanted = ["Test split", "bootstrap over patients", "Loss by epoch.", bundle.name]
    wanted += ["the decision threshold", "AUC by epoch."] * (which == "bundle")
    for text in wanted:
        assert text in page
    predictions = bundle.predictions()
    assert predictions["path"].is_unique
    for image in predictions["path"]:
        assert image not in page
