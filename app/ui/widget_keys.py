"""The keys of widgets whose value is read or set elsewhere than where they are drawn.

Where a key names a model or a film, each has its own, so that nothing carries over to another.
"""

from __future__ import annotations

from app.core.bundles.bundle import Bundle
from app.core.evidence.evidence import Results

RESULTS = "performance_results"
FOLDER, SUBFOLDER = "review_folder", "review_subfolder"
READER_NAME, NEW_READER = "reader_name_known", "reader_name_new"
ACTIVATIONS_VIEW, PICTURE_REQUEST = "activations_view", "activations_picture_request"


def compared_key(results: Results) -> str:
    """The key of the results that those on Performance are compared with; each keep their own."""
    return f"performance_compared_{results.sha256[:12]}"


def layer_key(bundle: Bundle) -> str:
    """The key of the layer that Activations shows; each model keeps its own."""
    return f"activations_layer_{bundle.sha256[:12]}"


def member_key(bundle: Bundle) -> str:
    """The key of the network of an ensemble that Activations walks through."""
    return f"activations_member_{bundle.sha256[:12]}"


def layer_rows_key(bundle: Bundle) -> str:
    """The key of the table of layers."""
    return f"activations_rows_{bundle.sha256[:12]}"


def channel_key(bundle: Bundle, image_id: str, layer: str) -> str:
    """The key of the channel that Activations shows; another layer or film has its own.

    Args:
        bundle: The model.
        image_id: SHA-256 of the film.
        layer: Name of the layer.
    """
    return f"activations_channel_{bundle.sha256[:12]}_{image_id[:12]}_{layer}"
