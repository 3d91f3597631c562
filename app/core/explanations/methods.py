"""The explanation methods on offer, with the texts that describe them to the user."""

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
    "rise",
]


@dataclass(frozen=True, slots=True)
class Method:
    """One explanation method.

    Attributes:
        key: Stable short name, used in settings and file names.
        title: The name used in the literature.
        sentence: What the map shows and how long it takes.
        uses_layer: Whether it uses the feature maps of a layer; if not, it perturbs the film.
        is_signed: Whether evidence against the class appears as negative values.
        is_slow: Whether it needs many passes of the network (seconds to a minute).
        unit: Unit of the values.
        paper: Authors, short title, venue and year.
        url: Link to the paper.
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
            sentence="The sum of a layer's feature maps, each weighted by its mean influence on "
            "the class over the whole film. Coarse, but immediate.",
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
            sentence="Like Grad-CAM, but only regions that support the class count towards the "
            "weights, so small or multiple findings are not averaged away. Immediate.",
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
            sentence="Each position of each feature map multiplied by its own influence on the "
            "class: shows only regions the network used, for and against the class. Immediate.",
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
            sentence="Like HiResCAM, but without evidence against the class, which keeps the "
            "finer detail of early layers readable. Immediate.",
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
            sentence="The film is kept sharp where a feature map is high and blurred elsewhere; "
            "the map is weighted by how much the logit of the class then rises. One pass of the "
            "network for each map: up to a minute.",
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
            sentence="Which pixels would raise or lower the logit of the class if they were "
            "slightly brighter, averaged over noisy copies of the film. Fine but grainy; takes a "
            "few seconds.",
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
            sentence="How much the logit of the class drops when a square of the film is filled in "
            "from its surroundings, one square after another. The easiest to interpret; takes a "
            "few seconds.",
            uses_layer=False,
            is_signed=True,
            is_slow=True,
            unit="logits",
            paper="Zeiler and Fergus, Visualizing and Understanding Convolutional Networks "
            "(ECCV 2014)",
            url="https://arxiv.org/abs/1311.2901",
        ),
        Method(
            key="rise",
            title="RISE",
            sentence="How much higher the logit of the class is, on average, when a place is seen "
            "and random other parts of the film are blurred. Needs no layer and no gradient; takes "
            "up to a minute.",
            uses_layer=False,
            is_signed=True,
            is_slow=True,
            unit="logits",
            paper="Petsiuk et al., RISE (BMVC 2018)",
            url="https://arxiv.org/abs/1806.07421",
        ),
    )
}
