"""The program that is written beside an exported network: how it is used, in fifteen lines."""

from __future__ import annotations

_WHOLE = '''"""Scores the test films beside this file. Research use only, not a medical device."""
import json
from pathlib import Path
import numpy as np
{imports}

folder = Path(__file__).parent
names = json.loads((folder / "export.json").read_text(encoding="utf-8"))["outputs"]
vectors = np.load(folder / "test_vectors.npz")  # film, row, column, channel; from 0 to 255
films, expected = vectors["pixels"].astype(np.float32), vectors["probabilities"]
{use}
for film in found:
    print(dict(zip(names, film.tolist())))
print("largest difference:", np.abs(found - expected).max())
'''
_USE = {
    "keras": (
        "import keras",
        'model = keras.models.load_model(folder / "{file}", compile=False)\n'
        "found = model.predict(films, verbose=0)",
    ),
    "onnx": (
        "import onnxruntime",
        'session = onnxruntime.InferenceSession(folder / "{file}")\n'
        'found = session.run(["probabilities"], {{"pixels": films}})[0]',
    ),
    "openvino": (
        "import openvino",
        'model = openvino.compile_model(folder / "{file}", "CPU", '
        '{{"INFERENCE_PRECISION_HINT": "f32"}})\n'
        "found = np.concatenate([model(film[None])[0] for film in films])",
    ),
    "tflite": (
        "import tensorflow as tf",
        'run = tf.lite.Interpreter(str(folder / "{file}")).get_signature_runner()\n'
        'found = np.concatenate([run(pixels=film[None])["probabilities"] for film in films])',
    ),
}


def example(to: str, file: str) -> str:
    """The program, ready to be run where it lies.

    Args:
        to: The format.
        file: Name of the model's file.
    """
    imports, use = _USE[to]
    return _WHOLE.replace("{imports}", imports).replace("{use}", use.format(file=file))
