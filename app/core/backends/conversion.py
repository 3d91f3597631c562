"""Converts a bundle's network to OpenVINO once and caches the result on disk.

Conversion needs TensorFlow and takes several seconds; scoring with the cached model needs
neither. Unless this process has already loaded TensorFlow, conversion runs in a separate
process: `python -m app.core.backends.conversion BUNDLE SHA256 FOLDER`.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from app.core.backends.openvino_cpu import compile_for_cpu, load_openvino
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import MODEL, file_sha256
from app.core.errors import BundleError

MODEL_FILE = "network.xml"
# Largest accepted difference between the libraries, on noise and on a faint ramp: of probabilities,
# and of features in proportion to the largest of them.
TOLERANCE = 1e-4

_REFUSAL_FILE = "refused.txt"
_LAYOUT = 3  # version of the cached files; increase it to convert all networks again
_MAX_KEPT = 24
_INVALID_BUNDLE = 3


class UnsupportedNetworkError(Exception):
    """OpenVINO does not support the network; the text gives the reason."""


def converted(bundle: Bundle, cache: Path) -> Path:
    """The folder of the converted network; converts it on first use.

    Args:
        bundle: The bundle whose network is needed.
        cache: Folder of all converted networks. If it is not writable, a temporary folder is used
            for the lifetime of the process.

    Raises:
        BundleError: If the network does not match its manifest, was changed since the bundle was
            loaded, or cannot be converted for lack of memory or disk space.
        UnsupportedNetworkError: If OpenVINO does not support it or computes different results.
    """
    name = f"{bundle.network_sha256[:32]}-{_LAYOUT}-{version('openvino')}"
    folder = cache / name
    if not folder.is_dir():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=".new-", dir=cache))
        except OSError:
            return converted(bundle, _temporary_cache())
        try:
            _convert(bundle, work)
            with contextlib.suppress(OSError):  # another process finished first
                work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _drop_oldest(cache)
    with contextlib.suppress(OSError):
        os.utime(folder)
    refusal = folder / _REFUSAL_FILE
    if refusal.exists():
        raise UnsupportedNetworkError(refusal.read_text(encoding="utf-8"))
    return folder


@cache
def _temporary_cache() -> Path:
    folder = tempfile.mkdtemp(prefix="overread-networks-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _convert(bundle: Bundle, folder: Path) -> None:
    if "tensorflow" in sys.modules:
        try:
            write(bundle, folder)
        except (OSError, MemoryError, RuntimeError) as error:
            raise _not_prepared(bundle, type(error).__name__) from None
        return
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            __name__,
            str(bundle.path.absolute()),
            bundle.network_sha256,
            str(folder),
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode == _INVALID_BUNDLE:
        raise BundleError(done.stdout.strip())
    if done.returncode != 0:
        raise _not_prepared(bundle, f"exit status {done.returncode}")


def _not_prepared(bundle: Bundle, reason: str) -> BundleError:
    return BundleError(
        f"The network of {bundle.name!r} could not be prepared for scoring ({reason}). Check free "
        "memory and disk space, and try again."
    )


def write(bundle: Bundle, folder: Path) -> None:
    """Converts the network into a folder, or records there why OpenVINO does not support it.

    Args:
        bundle: The bundle whose network is converted.
        folder: An existing folder to write to.

    Raises:
        BundleError: If the network does not match its manifest, or was changed since the bundle
            was loaded.
        OSError: If the files cannot be written. This says nothing about the network.
    """
    openvino = load_openvino()

    from app.core.networks.network import load_network

    network = load_network(bundle)
    _require_same(file_sha256(bundle.path / MODEL), bundle.manifest.files[MODEL], bundle.name)

    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    from app.core.backends.scoring_graph import scoring_function

    function = scoring_function(network, bundle.manifest.feature_layers)
    # Each graph that was frozen holds the weights again, in circles of references.
    gc.collect()
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    try:
        model = _as_openvino(frozen.graph)
        openvino.save_model(model, folder / MODEL_FILE, compress_to_fp16=False)
        del frozen, model
        gc.collect()
        _require_agreement(function, folder / MODEL_FILE, bundle)
    except UnsupportedNetworkError as error:
        (folder / _REFUSAL_FILE).write_text(str(error), encoding="utf-8")


def _as_openvino(graph: Any) -> Any:
    try:
        with _preserve_root_logger():
            return load_openvino().convert_model(graph)
    except (OSError, MemoryError):  # transient, not a property of the network
        raise
    except Exception as error:
        raise UnsupportedNetworkError(type(error).__name__) from None


@contextlib.contextmanager
def _preserve_root_logger() -> Iterator[None]:
    """Restores the root logger, whose level OpenVINO raises, also if the conversion fails.

    Otherwise every logger of the process would print errors only.
    """
    root = logging.getLogger()
    level, filters, handlers = root.level, list(root.filters), list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.filters[:], root.handlers[:] = filters, handlers


def _require_same(found: str, expected: str, name: str) -> None:
    """Raises BundleError if a bundle was exported again under the same name."""
    if found != expected:
        raise BundleError(f"The bundle {name!r} was changed after it was opened. Open it again.")


def _require_agreement(function: Any, model: Path, bundle: Bundle) -> None:
    from app.core.networks.class_logits import class_logits
    from app.core.statistics.calibration import sigmoid, softmax

    size = bundle.manifest.input
    shape = (size.height, size.width, size.channels)
    noise = np.random.default_rng(0).integers(0, 256, (2, *shape))
    # Not a flat image: a network that standardizes exposure divides by the contrast, so that it
    # would compute nothing but rounding errors.
    ramp = np.broadcast_to(np.linspace(118, 138, size.width)[:, np.newaxis], (1, *shape))
    films = np.concatenate([noise, ramp]).astype(np.float32)
    expected = function(films)
    try:
        compiled = compile_for_cpu(model, streams=1)
    except RuntimeError as error:
        raise UnsupportedNetworkError(type(error).__name__) from None
    found = compiled(films)
    probabilities = sigmoid if bundle.manifest.task.any_of else softmax
    with np.errstate(invalid="ignore"):  # a network that answers NaN fails the comparison below
        difference = max(
            float(np.abs(probabilities(one) - probabilities(other)).max())
            for one, other in zip(
                class_logits(np.asarray(expected[0])), class_logits(found[0]), strict=True
            )
        )
    _require_below(difference, "probabilities")
    for one, other in zip(expected[2:], list(found.values())[2:], strict=True):  # the features
        largest = float(np.abs(one).max()) or 1.0
        _require_below(float(np.abs(one - other).max()) / largest, "features")


def _require_below(difference: float, what: str) -> None:
    if not difference <= TOLERANCE:
        raise UnsupportedNetworkError(
            f"its {what} differ from TensorFlow's by {difference:.1g}; the limit is {TOLERANCE:.0g}"
        )


def _drop_oldest(cache: Path) -> None:
    """Keeps the most recently used networks; each takes a few to a few dozen megabytes."""
    with contextlib.suppress(OSError):
        by_age = sorted(cache.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for folder in by_age[_MAX_KEPT:]:
            shutil.rmtree(folder, ignore_errors=True)


def _main() -> int:
    path, sha256, folder = sys.argv[1:]
    try:
        bundle = load_bundle(Path(path))
        _require_same(bundle.sha256, sha256, bundle.name)
        write(bundle, Path(folder))
    except BundleError as error:
        print(error)
        return _INVALID_BUNDLE
    return 0


if __name__ == "__main__":
    sys.exit(_main())
