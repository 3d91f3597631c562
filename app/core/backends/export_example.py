"""The program that is written beside an exported network: how it is used, in fifteen lines."""

from __future__ import annotations

_START = '''"""Scores the test films beside this file. Research use only, not a medical device."""

import json
from pathlib import Path

import numpy as np
{imports}

folder = Path(__file__).parent
outputs = json.loads((folder / "export.json").read_text(encoding="utf-8"))["outputs"]
with np.load(folder / "test_vectors.npz") as vectors:
    films, expected = vectors["pixels"].astype(np.float32), vectors["probabilities"]
# Films are (film, row, column, channel), grey or RGB, with values from 0 to 255.
'''
_END = """for film in found:
    print({name: round(float(value), 4) for name, value in zip(outputs, film)})
print("largest difference:", np.abs(found - expected).max())
"""
_USE = {
    "keras": (
        "import keras",
        'model = keras.models.load_model(folder / "{file}", compile=False)\n'
        "found = model.predict(films, verbose=0)\n",
    ),
    "onnx": (
        "import onnxruntime",
        'session = onnxruntime.InferenceSession(folder / "{file}")\n'
        'found = session.run(["probabilities"], {{"pixels": films}})[0]\n',
    ),
    "openvino": (
        "import openvino",
        'exact = {{"INFERENCE_PRECISION_HINT": "f32"}}\n'
        'model = openvino.Core().compile_model(folder / "{file}", "CPU", exact)\n'
        "found = np.concatenate([model(film[None])[0] for film in films])\n",
    ),
    "tflite": (
        "import tensorflow as tf",
        'run = tf.lite.Interpreter(str(folder / "{file}")).get_signature_runner()\n'
        "name = next(iter(run.get_input_details()))\n"
        "answers = [run(**{{name: film[None]}}) for film in films]\n"
        "found = np.concatenate([next(iter(one.values())) for one in answers])\n",
    ),
}


def example(to: str, file: str) -> str:
    """The program, ready to be run where it lies.

    Args:
        to: The format.
        file: Name of the model's file.
    """
    imports, use = _USE[to]
    return _START.replace("{imports}", imports) + use.format(file=file) + _END
