"""The layers that are imported, and what of their configuration: nothing else in a file is used.

A configuration is data written by whoever made the file. No class, module or function that it
names is ever looked up: a layer is built here, from the settings listed here, or refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_training.importing.refusal import NotImportedError

# Class -> the settings that decide what it computes.
_SETTINGS = {
    "Activation": "activation",
    "Add": "",
    "AdditiveAttention": "use_scale",
    "Attention": "use_scale score_mode",
    "Average": "",
    "AveragePooling2D": "pool_size strides padding",
    "BatchNormalization": "axis epsilon center scale",
    "CenterCrop": "height width",
    "Concatenate": "axis",
    "Conv1D": "filters kernel_size strides padding dilation_rate groups activation use_bias",
    "Conv2D": "filters kernel_size strides padding dilation_rate groups activation use_bias",
    "Conv2DTranspose": "filters kernel_size strides padding output_padding dilation_rate "
    "activation use_bias",
    "Cropping2D": "cropping",
    "Dense": "units activation use_bias",
    "DepthwiseConv2D": "kernel_size strides padding dilation_rate depth_multiplier activation "
    "use_bias",
    "ELU": "alpha",
    "Flatten": "",
    "GlobalAveragePooling1D": "keepdims",
    "GlobalAveragePooling2D": "keepdims",
    "GlobalMaxPooling1D": "keepdims",
    "GlobalMaxPooling2D": "keepdims",
    "GroupNormalization": "groups axis epsilon center scale",
    "LayerNormalization": "axis epsilon center scale",
    "LeakyReLU": "negative_slope",
    "Maximum": "",
    "MaxPooling2D": "pool_size strides padding",
    "Minimum": "",
    "MultiHeadAttention": "num_heads key_dim value_dim use_bias output_shape attention_axes",
    "Multiply": "",
    "Normalization": "axis mean variance",
    "PReLU": "shared_axes",
    "Permute": "dims",
    "ReLU": "max_value negative_slope threshold",
    "Rescaling": "scale offset",
    "Reshape": "target_shape",
    "Resizing": "height width interpolation crop_to_aspect_ratio pad_to_aspect_ratio fill_mode "
    "fill_value antialias",
    "RMSNormalization": "axis epsilon",
    "SeparableConv2D": "filters kernel_size strides padding dilation_rate depth_multiplier "
    "activation use_bias",
    "Softmax": "axis",
    "Subtract": "",
    "UnitNormalization": "axis",
    "UpSampling2D": "size interpolation",
    "ZeroPadding2D": "padding",
}
# These do nothing once a model is trained.
IDENTITIES = frozenset({
    "ActivityRegularization", "AlphaDropout", "AugMix", "CutMix", "Dropout", "GaussianDropout",
    "GaussianNoise", "Identity", "MixUp", "RandAugment", "RandomBrightness", "RandomColorJitter",
    "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip",
    "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective",
    "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear",
    "RandomTranslation", "RandomZoom", "SpatialDropout1D", "SpatialDropout2D",
})  # fmt: skip
# What a setting was called before.
_OLD_NAMES = {("LeakyReLU", "alpha"): "negative_slope", ("Dense", "output_dim"): "units"}
# Settings of training, or of how a layer is named and stored.
_WITHOUT_EFFECT = frozenset({
    "autocast", "batch_input_shape", "batch_shape", "build_config", "dropout", "dtype", "dynamic",
    "fused",
    "groups", "implementation", "input_dim", "input_dtype", "input_shape", "input_spec", "momentum",
    "name", "registered_name", "renorm_momentum", "sparse", "supports_masking", "synchronized",
    "trainable",
})  # fmt: skip
# Not to be left to a default: a layer of somebody's own may have the name of one of Keras.
_ALWAYS_WRITTEN = (
    "activation", "filters", "kernel_size", "key_dim", "num_heads", "score_mode", "units",
    "use_scale",
)  # fmt: skip
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint", "_quantizer")
_ACTIVATIONS = frozenset({
    "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu",
    "linear", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax",
    "softplus", "softsign", "swish", "tanh",
})  # fmt: skip
# What these compute changed between Keras 2 and Keras 3.
_CHANGED_ACTIVATIONS = frozenset({"hard_sigmoid", "leaky_relu"})


def settings_of(
    class_name: str, config: Mapping[str, Any], *, name: str, keras_2: bool
) -> dict[str, Any]:
    """The settings of a layer that decide what it computes.

    Args:
        class_name: Name of the layer's class.
        config: Its configuration, as the file has it.
        name: Of the layer, for messages.
        keras_2: Whether the file was written by Keras 2.

    Raises:
        NotImportedError: If the class is not among those that are imported, or a setting is
            unknown or no plain value.
    """
    if class_name not in _SETTINGS:
        raise refused_class(class_name, name)
    _require_channels_last(config, class_name, name)
    known = _SETTINGS[class_name].split()
    kept: dict[str, Any] = {}
    for written, value in config.items():
        key = _OLD_NAMES.get((class_name, written), written)
        if key in known:
            kept[key] = _activation(value, name, keras_2) if key == "activation" else plain(value)
        elif not _without_effect(key, value):
            raise NotImportedError(
                f"The layer {name!r} ({class_name}) has the setting {written!r}, which is not "
                "known here, so it might compute something else. Build the model without it, "
                "load its weights, and save that."
            )
    _set_defaults(class_name, kept, name)
    return kept


def _set_defaults(class_name: str, kept: dict[str, Any], name: str) -> None:
    """What Keras writes in several ways, and what no file may leave out."""
    if class_name in ("BatchNormalization", "Normalization") and isinstance(kept.get("axis"), list):
        kept["axis"] = kept["axis"][0] if len(kept["axis"]) == 1 else kept["axis"]
    if class_name == "ReLU" and kept.get("negative_slope") is None:
        kept.pop("negative_slope", None)
    for needed in _ALWAYS_WRITTEN:
        if needed in _SETTINGS[class_name].split() and needed not in kept:
            raise NotImportedError(
                f"The layer {name!r} ({class_name}) does not say its {needed}. The file is "
                "damaged, or older than Keras 2: save the model again with Keras 2 or later."
            )


def _require_channels_last(config: Mapping[str, Any], class_name: str, name: str) -> None:
    if config.get("data_format") not in (None, "channels_last"):
        raise NotImportedError(
            f"The layer {name!r} ({class_name}) has its channels first. Expected channels last: "
            "build the model with `data_format='channels_last'`, load its weights, and save that."
        )


def _without_effect(key: str, value: Any) -> bool:
    if key in _WITHOUT_EFFECT or key == "data_format" or key.endswith(_OF_TRAINING):
        return True
    # A setting of a later version that is switched off.
    return value is None or value is False or value in ([], {}, "")


def _activation(value: Any, name: str, keras_2: bool) -> str:
    """The name of an activation, however it was written."""
    if isinstance(value, dict) and value.get("class_name") == "function":
        value = value.get("config")
    if not isinstance(value, str) or value not in _ACTIVATIONS:
        shown = value if isinstance(value, str) else "code of its own"
        raise NotImportedError(
            f"The activation of the layer {name!r} is {shown!r}; expected one of Keras: "
            f"{', '.join(sorted(_ACTIVATIONS))}. Code in a model file is never run."
        )
    if keras_2 and value in _CHANGED_ACTIVATIONS:
        raise NotImportedError(
            f"The activation of the layer {name!r} is {value!r}, which Keras 2 and Keras 3 compute "
            "differently. Load the model in Keras 3, compare its answers, and save it as `.keras`."
        )
    return value


def plain(value: Any) -> Any:
    """A number, text or a list of these.

    Args:
        value: As the file has it.

    Raises:
        NotImportedError: If it is an object, of which only arrays are read.
    """
    if isinstance(value, dict) and value.get("class_name") in ("__numpy__", "__tensor__"):
        content = value.get("config")
        value = content.get("value") if isinstance(content, dict) else content
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise NotImportedError(
        "A layer has a setting that is an object instead of a number or a text. Code and objects "
        "in a model file are never loaded: save the model again with plain settings."
    )


def refused_class(class_name: str, name: str) -> NotImportedError:
    """What is said of a layer that is not imported.

    Args:
        class_name: Name of its class.
        name: Of the layer.
    """
    if class_name in ("GetItem", "SlicingOpLambda", "Stack"):
        what = (
            "an operation on single channels, as `preprocess_input` of VGG and ResNet has them, "
            "which is not imported. Build the model without `preprocess_input`, load its weights, "
            "save that, and say --scale caffe"
        )
    elif class_name in ("Lambda", "TFOpLambda"):
        what = (
            "which contains Python code; that is never run. Build the model without it (scaling of "
            "pixels can be given with --scale), load its weights, and save that"
        )
    else:
        what = (
            "which is not imported: custom layers need their code, and code in a model file is "
            "never run. Build the model with layers of Keras alone, load its weights, and save that"
        )
    return NotImportedError(f"The layer {name!r} is a {class_name!r}, {what}.")
