"""The methods on offer, with what a reader needs to know of each."""

from app.core.explanations.methods import METHODS


def test_the_table_says_what_a_reader_needs():
    assert list(METHODS) == [
        "grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam",
        "score_cam", "smooth_grad", "occlusion", "rise",
    ]  # fmt: skip
    for key, method in METHODS.items():
        assert method.key == key
        assert method.sentence.endswith(".")
        assert method.unit.startswith("logits")
        assert method.url.startswith("https://")
        assert any(year in method.paper for year in map(str, range(2014, 2022)))
    unsigned = [key for key, method in METHODS.items() if not method.is_signed]
    assert unsigned == ["grad_cam_plus_plus", "layer_cam"]
