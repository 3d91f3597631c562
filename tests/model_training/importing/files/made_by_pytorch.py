"""Writes the networks of this folder, with what PyTorch and scikit-learn answer themselves.

Run by hand, where both are installed, as no part of Overread needs them:

    pip install torch onnx onnxscript scikit-learn skl2onnx
    python made_by_pytorch.py

Written by PyTorch 2.14.1, onnxscript 0.7.2, scikit-learn 1.9.1 and skl2onnx 1.20.0.
"""

from pathlib import Path

import numpy as np
import torch
from skl2onnx import to_onnx
from sklearn.neural_network import MLPClassifier
from torch import nn

HERE = Path(__file__).parent
SIDE, NUM_FILMS = 64, 3
MEANS, DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Residual(nn.Module):
    """Two convolutions with batch normalisation, and a way around them."""

    def __init__(self, channels: int) -> None:
        """Builds its layers."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features of the same shape."""
        return torch.relu(self.body(x) + x)


class Dense(nn.Module):
    """A layer of a DenseNet, which adds channels to those it is given."""

    def __init__(self, channels: int, growth: int) -> None:
        """Builds its layers."""
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features with more channels."""
        return torch.cat([x, self.body(x)], 1)


def resnet(outputs: int) -> nn.Module:
    """A small ResNet, which ends in logits."""
    return nn.Sequential(
        nn.Conv2d(3, 12, 7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(12),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2, padding=1),
        Residual(12),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, outputs),
    )


def densenet(outputs: int) -> nn.Module:
    """A small DenseNet with a sigmoid for each finding."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False),
        nn.MaxPool2d(3, stride=2, padding=1),
        Dense(8, 4),
        Dense(12, 4),
        nn.BatchNorm2d(16),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, outputs),
        nn.Sigmoid(),
    )


def as_if_trained(network: nn.Module, pixels: torch.Tensor) -> nn.Module:
    """The network with statistics of these pixels, and outputs that differ among them."""
    network.train()
    with torch.no_grad():
        for _ in range(60):
            network(pixels)
        network.eval()
        last = [layer for layer in network if isinstance(layer, nn.Linear)][-1]
        last.weight.mul_(6)
        seen = network[: list(network).index(last) + 1](pixels)
        last.bias.sub_(seen.mean(0))
    return network


def films() -> np.ndarray:
    """Films with a bright patch, 0 to 255, `(films, height, width, 3)`."""
    rng = np.random.default_rng(7)
    pixels = rng.integers(20, 120, (NUM_FILMS, SIDE, SIDE, 3))
    for number in range(NUM_FILMS):
        at = 8 + 14 * number
        pixels[number, at : at + 18, 10:40] += np.array([100, 60 * number, 20])
    return pixels.astype(np.uint8)


def normalised(pixels: np.ndarray) -> torch.Tensor:
    """What `ToTensor` and `Normalize` of torchvision make of films."""
    scaled = (pixels / 255 - np.array(MEANS)) / np.array(DEVIATIONS)
    return torch.from_numpy(scaled.transpose(0, 3, 1, 2).astype(np.float32))


def export(name: str, network: nn.Module, *, dynamo: bool) -> None:
    """Writes a network as ONNX, and its answers as PyTorch gives them."""
    pixels = films()
    batch = normalised(pixels)
    as_if_trained(network, batch)
    how = (
        {"dynamic_shapes": ({0: torch.export.Dim("batch")},)}
        if dynamo
        else {"dynamic_axes": {"image": {0: "batch"}}}
    )
    with torch.no_grad():
        answers = network(batch).numpy()
    evidence = grad_cam(network, batch[:1])
    torch.onnx.export(
        network, (batch[:2],), HERE / f"{name}.onnx", input_names=["image"], dynamo=dynamo, **how
    )
    np.savez_compressed(HERE / f"{name}.npz", films=pixels, answers=answers, evidence=evidence)


def grad_cam(network: nn.Module, batch: torch.Tensor) -> np.ndarray:
    """Grad-CAM with its sign of each logit, `(films, rows, columns, outputs)`, by autograd."""
    pool = next(at for at, one in enumerate(network) if isinstance(one, nn.AdaptiveAvgPool2d))
    last = next(at for at, one in enumerate(network) if isinstance(one, nn.Linear))
    maps = network[:pool](batch).detach().requires_grad_()
    logits = network[pool : last + 1](maps)
    found = []
    for logit in logits.sum(0):
        (gradient,) = torch.autograd.grad(logit, maps, retain_graph=True)
        found.append((gradient.mean((2, 3), keepdim=True) * maps).sum(1))
    return torch.stack(found, -1).detach().numpy()


def export_scikit(name: str) -> None:
    """Writes a network of scikit-learn on rows of grey pixels from 0 to 1."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (60, 16, 20)).astype(np.uint8)
    labels = np.arange(60) % 3
    for number, label in enumerate(labels):
        rows[number, :, 6 * label : 6 * label + 6] //= 3
    flat = (rows.reshape(60, -1) / 255).astype(np.float32)
    network = MLPClassifier((8,), max_iter=40, random_state=0).fit(flat, labels)
    graph = to_onnx(network, flat[:1], options={"zipmap": False})
    (HERE / f"{name}.onnx").write_bytes(graph.SerializeToString())
    answers = network.predict_proba(flat[:3]).astype(np.float32)
    np.savez_compressed(HERE / f"{name}.npz", films=rows[:3, ..., np.newaxis], answers=answers)


if __name__ == "__main__":
    torch.manual_seed(0)
    export("resnet", resnet(2), dynamo=True)
    export("densenet", densenet(14), dynamo=False)
    export_scikit("mlp")
