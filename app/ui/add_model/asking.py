"""What is asked about a new model: its file, its classes, and labelled images."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.core.errors import OverreadError
from app.core.imports import running
from app.core.imports.registry import open_imports
from app.core.imports.request import (
    HEADS,
    SCALES,
    Request,
    keep_images,
    keep_model,
    names_of,
    require_new,
)
from app.core.settings import Settings, read_settings
from app.core.sources import folders
from app.core.sources.uploads import Upload
from app.ui import reader
from app.ui.state import widgets

_NONE, _DIRECTORY, _SERVER = "None", "Folder on this computer", "Server folder"
_BY_FILE = "as the file says"
_SCALE_NAMES = {
    "": "as the file says, or labelled images tell",
    "0..1": "0..1: x / 255, ToTensor",
    "-1..1": "-1..1: x / 127.5 - 1",
    "imagenet": "imagenet: ToTensor and Normalize",
    "caffe": "caffe: blue first, minus means",
    "per-image": "per-image: mean 0, deviation 1",
    "0..255": "0..255: none",
}
_HEAD_NAMES = {
    "": _BY_FILE,
    "sigmoid": "one logit",
    "softmax": "logits of classes that exclude each other",
    "findings": "logits of findings, any of which can be there",
}


def require_place() -> None:
    """Stops the page, with what to do, where no model can be added."""
    models = read_settings().models
    who = reader.current()
    if reader.signs_in() and (who is None or who.role != "administrator"):
        st.info("Only an administrator adds models.")
        st.stop()
    if not running.trainer_is_installed():
        st.info(
            "The trainer is not installed here, and it is what imports models. Install it with "
            "`pip install 'overread[train]'`; or run `overread-train import` on another computer "
            "and copy the folder that it writes into that of the models."
        )
        st.stop()
    if not os.access(models, os.W_OK):
        st.info(
            "The folder of the models cannot be written to. Set OVERREAD_MODELS to one that can, "
            "or import with `overread-train import`."
        )
        st.stop()


def ask() -> None:
    """Asks for everything; starts the import and reruns the page."""
    st.markdown("##### 1. Model")
    uploads = st.file_uploader(
        "One file of Keras, Teachable Machine (ZIP), ONNX, TensorFlow Lite, SavedModel (ZIP of its "
        "folder) or OpenVINO (.xml with .bin)",
        accept_multiple_files=True,
        key=f"add_model_file_{widgets.upload_number()}",
    )
    request = _ask_about_it()
    st.markdown("##### 2. Labelled images")
    images, server_folder = _ask_images()
    if st.button("Add the model", type="primary", key="add_model_start", disabled=not uploads):
        _start(request, uploads or [], images, server_folder)
        widgets.next_upload()
        st.rerun()


def _ask_about_it() -> Request:
    left, right = st.columns(2)
    name = left.text_input(
        "Name of the model", key="add_model_name", placeholder="e.g. chest-2026", max_chars=80
    )
    trained_by = right.text_input(
        "Trained by", key="add_model_trained_by", placeholder="stands in the model card"
    )
    classes_column, rest_column = st.columns([2, 1])
    classes = classes_column.text_area(
        "Classes or findings in the order of the outputs, one a line; of one sigmoid, that of 0 "
        "and that of 1",
        key="add_model_classes",
        placeholder="NORMAL\nPNEUMONIA",
        height=142,
        help="Keras' folders are in alphabetical order. Teachable Machine's file names them.",
    )
    positive = rest_column.text_input(
        "Positive class (--positive)", key="add_model_positive", placeholder="as the names say",
        help="Needed only where the names of two classes do not tell which one is looked for.",
    )  # fmt: skip
    size = rest_column.text_input(
        "Size of its images (--size)", key="add_model_size", placeholder=_BY_FILE,
        help="Needed only where a model takes any size, such as 224 or 224x320 (height x width).",
    )  # fmt: skip
    scale_column, head_column = st.columns(2)
    scale = scale_column.selectbox(
        "Pixels were scaled to (--scale)", ["", *SCALES], key="add_model_scale",
        format_func=lambda one: _SCALE_NAMES.get(one, one),
        help="As where the model was trained. It becomes part of the model.",
    )  # fmt: skip
    head = head_column.selectbox(
        "Its outputs are (--head)", ["", *HEADS], key="add_model_head",
        format_func=lambda one: _HEAD_NAMES.get(one, one),
        help="Needed only for a model that ends without sigmoid or softmax.",
    )  # fmt: skip
    return Request(
        name.strip(),
        names_of(classes),
        scale=scale or "",
        head=head or "",
        size=size.strip(),
        trained_by=trained_by.strip(),
        positive=positive.strip(),
    )


def _ask_images() -> tuple[Sequence[Upload], str]:
    """Labelled images that were uploaded, or their folder in the data root; neither without."""
    st.write(
        "With 20 images of each class or more, which the model was not trained on, its figures, "
        "threshold and calibration are measured, and its scaling is found. From 5 on only its "
        "scaling is looked for. Without any, nothing is known of its quality, and every page says "
        "so."
    )
    origin = st.segmented_control(
        "Labelled images",
        [_NONE, _DIRECTORY, _SERVER],
        default=_NONE,
        required=True,
        key="add_model_origin",
    )
    if origin == _DIRECTORY:
        found = st.file_uploader(
            "Folder with a folder for each class, named like it",
            accept_multiple_files="directory",
            key=f"add_model_images_{widgets.upload_number()}",
        )
        st.caption("They are deleted from the server when the import ends.")
        return found or [], ""
    if origin == _SERVER:
        folder = st.text_input(
            "Folder with a folder for each class, or table, in the data root",
            key="add_model_folder",
            placeholder="e.g. 2026/labelled",
        )
        return [], folder.strip()
    return [], ""


def _start(
    request: Request, uploads: Sequence[Upload], images: Sequence[Upload], server_folder: str
) -> None:
    settings = read_settings()
    open_imports().require_free()
    out = require_new(request.name, settings.models)
    data = _server_data(settings, server_folder) if server_folder else None
    folder = running.make_folder(settings)
    try:
        model = keep_model(uploads, _new(folder / "model"))
        if images:
            data = keep_images(images, _new(folder / "images"))
        given = [str(model), *request.arguments(folder)]
        given += ["--data", str(data)] if data is not None else []
        open_imports().start(out, given, folder)
    except (OverreadError, OSError):
        running.remove(folder)
        raise


def _server_data(settings: Settings, relative: str) -> Path:
    if settings.data_root is None:
        raise OverreadError(
            "No server folder is configured. Set OVERREAD_DATA_ROOT to a folder with labelled "
            "films and start Overread again, or upload them."
        )
    return folders.inside_root(settings.data_root, relative)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder
