"""The methods an explanation may be computed with, and what a reader is told of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MethodKey = Literal[
    "grad_cam",
    "grad_cam_plus_plus",
    "hires_cam",
    "layer_cam",
    "score_cam",
    "smooth_grad",
    "occlusion",
]


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        key: Stable short name, for settings and file names.
        title: As the literature writes it.
        sentence: What is seen, and what it costs.
        uses_layer: Whether it reads the maps of a layer; if not, the film itself is probed.
        is_signed: Whether evidence against the class is negative, rather than left out.
        is_slow: Whether it takes many passes of the network, and so seconds to a minute.
        unit: Of the values.
        paper: Authors, short title, place and year.
        url: Where the paper is.
    """

    key: MethodKey
    title: str
    sentence: str
    uses_layer: bool
    is_signed: bool
    is_slow: bool
    unit: str
    paper: str
    url: str


METHODS: dict[MethodKey, Method] = {
    method.key: method
    for method in (
        Method(
            key="grad_cam",
            title="Grad-CAM",
            sentence="The maps of a layer added up, each weighted by its mean influence on the "
            "class over the whole film; coarse, and there at once.",
            uses_layer=True,
            is_signed=True,
            is_slow=False,
            unit="logits",
            paper="Selvaraju et al., Grad-CAM (ICCV 2017)",
            url="https://arxiv.org/abs/1610.02391",
        ),
        Method(
            key="grad_cam_plus_plus",
            title="Grad-CAM++",
            sentence="Like Grad-CAM, but each map is weighted only by where it speaks for the "
            "class, so that small or several findings are not averaged away; there at once.",
            uses_layer=True,
            is_signed=False,
            is_slow=False,
            unit="logits",
            paper="Chattopadhay et al., Grad-CAM++ (WACV 2018)",
            url="https://arxiv.org/abs/1710.11063",
        ),
        Method(
            key="hires_cam",
            title="HiResCAM",
            sentence="Each place of each map times its own influence on the class: only places "
            "the network has used for its answer, for and against; there at once.",
            uses_layer=True,
            is_signed=True,
            is_slow=False,
            unit="logits",
            paper="Draelos and Carin, Use HiResCAM Instead of Grad-CAM (2020)",
            url="https://arxiv.org/abs/2011.08891",
        ),
        Method(
            key="layer_cam",
            title="LayerCAM",
            sentence="Like HiResCAM, but without what speaks against the class, which keeps early "
            "layers with their finer detail readable; there at once.",
            uses_layer=True,
            is_signed=False,
            is_slow=False,
            unit="logits",
            paper="Jiang et al., LayerCAM (IEEE Transactions on Image Processing 2021)",
            url="https://doi.org/10.1109/TIP.2021.3089943",
        ),
        Method(
            key="score_cam",
            title="Score-CAM",
            sentence="The film is shown sharp only where a map of the layer is high and blurred "
            "elsewhere, and the map counts by how far the class then rises; one pass a map, so it "
            "may take a minute.",
            uses_layer=True,
            is_signed=True,
            is_slow=True,
            unit="logits × activation",
            paper="Wang et al., Score-CAM (CVPR Workshops 2020)",
            url="https://arxiv.org/abs/1910.01279",
        ),
        Method(
            key="smooth_grad",
            title="SmoothGrad",
            sentence="Which pixels would raise the class if they were a little brighter, or "
            "lower it, averaged over noisy copies of the film; fine and grainy, and takes some "
            "seconds.",
            uses_layer=False,
            is_signed=True,
            is_slow=True,
            unit="logits per full grey range",
            paper="Smilkov et al., SmoothGrad (2017)",
            url="https://arxiv.org/abs/1706.03825",
        ),
        Method(
            key="occlusion",
            title="Occlusion",
            sentence="How far the class falls when a square of the film is painted over with its "
            "surroundings, one square after another; the plainest to understand, and takes some "
            "seconds.",
            uses_layer=False,
            is_signed=True,
            is_slow=True,
            unit="logits",
            paper="Zeiler and Fergus, Visualizing and Understanding Convolutional Networks "
            "(ECCV 2014)",
            url="https://arxiv.org/abs/1311.2901",
        ),
    )
}
