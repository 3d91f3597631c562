"""Files of weights as tests write and read them, and SqueezeNet written out again."""

import h5py
import keras
import numpy as np
import tensorflow as tf

from model_training.networks.catalogue import PRESETS

SIZE = 64
SQUEEZENET_FILE = "weights/squeezenet1.1_imagenet_notop.h5"
MOBILENET_FILE = "weights/mobilenetv2_1.0_224_imagenet_notop_8bit.weights.h5"


def build(name, *, units=1, size=SIZE, channels=3):
    return PRESETS[name].build(
        input_shape=(size, size, channels), output_bias=np.zeros(units, np.float32)
    )


def features(model, name, pixels):
    layer = model.get_layer(PRESETS[name].heatmap_layer)
    return np.asarray(keras.Model(model.input, layer.output)(pixels, training=False))


def write_legacy(path, layers):
    """A file as Keras 1 and 2 wrote it: layers in order, with names like paths."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in ["input_1", *layers]])
        file.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        for name, (kernel, bias) in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([b"uniform1", f"{name}_b".encode()])
            group["uniform1"], group[f"{name}_b"] = kernel, bias


def read_legacy(path):
    with h5py.File(path) as file:
        names = [name.decode() for name in file.attrs["layer_names"]]
        return {
            name: [file[name][part.decode()][()] for part in file[name].attrs["weight_names"]]
            for name in names
            if len(file[name].attrs["weight_names"])
        }


def caffe_squeezenet(weights, pixels):
    """SqueezeNet 1.1 as published: blue, green, red; features behind the last fire module."""
    x = tf.constant(pixels[..., ::-1] - np.array([103.939, 116.779, 123.68]), tf.float32)

    def convolution(x, name, *, strides=1, padding="SAME"):
        kernel, bias = weights[name]
        return tf.nn.relu(tf.nn.conv2d(x, kernel, strides, padding) + bias)

    def fire(x, name):
        x = convolution(x, f"{name}/squeeze1x1")
        parts = [convolution(x, f"{name}/{part}") for part in ("expand1x1", "expand3x3")]
        return tf.concat(parts, axis=-1)

    x = convolution(x, "conv1", strides=2, padding="VALID")
    for names in (("fire2", "fire3"), ("fire4", "fire5"), ("fire6", "fire7", "fire8", "fire9")):
        x = tf.nn.max_pool2d(x, 3, 2, "VALID")
        for name in names:
            x = fire(x, name)
    return x.numpy()
