"""Leaves out what scikit-learn's converter writes after the probabilities, such as the label."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def probabilities_only(model: Any, folder: Path) -> bytes | None:
    """An ONNX file that ends in its probabilities; None if that is what the model does.

    skl2onnx adds the label, by operations that OpenVINO does not know, makes a dictionary of the
    probabilities if nobody tells it not to, and writes both p and 1 - p of two classes.

    Args:
        model: An `onnx.ModelProto`; weights in files beside it are read if anything is left out.
        folder: Where its file is.
    """
    from onnx import TensorProto
    from onnx.external_data_helper import load_external_data_for_model
    from onnx.utils import Extractor

    whole = (TensorProto.INT32, TensorProto.INT64, TensorProto.STRING)
    made_by = {name: node for node in model.graph.node for name in node.output}
    given = [one.name for one in model.graph.output]
    kept = [
        _probability(one.name, made_by)
        for one in model.graph.output
        if one.type.tensor_type.elem_type not in whole
    ]
    if kept == given or len(kept) != 1:
        return None
    # What is left has no place, so that nothing could be found beside it.
    load_external_data_for_model(model, str(folder))
    known = {one.name for one in (*model.graph.value_info, *model.graph.output)}
    if kept[0] not in known:
        model.graph.value_info.add(name=kept[0]).type.tensor_type.elem_type = TensorProto.FLOAT
    inputs = [one.name for one in model.graph.input]
    extracted: bytes = Extractor(model).extract_model(inputs, kept).SerializeToString()
    return extracted


def _probability(name: str, made_by: dict[str, Any]) -> str:
    """What an output is made of, where it says no more than that."""
    node = made_by.get(name)
    if node is not None and node.op_type == "ZipMap":
        return _probability(node.input[0], made_by)
    if node is None or node.op_type != "Concat" or len(node.input) != 2:
        return name
    complement, positive = (made_by.get(one) for one in node.input)
    if complement is None or complement.op_type != "Sub":
        return name
    if positive is None or positive.op_type != "Sigmoid" or complement.input[1] != node.input[1]:
        return name
    return str(node.input[1])
