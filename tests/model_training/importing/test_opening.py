"""Files that are no model, damaged, or made to do harm are refused, and nothing in them runs."""

from __future__ import annotations

import base64
import io
import json
import marshal
import pickle
import stat
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from model_training.importing.imported import Said, import_network
from model_training.importing.opening import read_labels
from model_training.importing.refusal import NotImportedError
from tests.model_training.importing.model_files import CLASSES, rewritten, saved, tiny

pytestmark = pytest.mark.filterwarnings("ignore")
SAID = Said(classes=CLASSES, scale="0..1")


@pytest.fixture
def model(tmp_path):
    return saved(tiny(), tmp_path / "model.keras")


@pytest.fixture
def old_model(tmp_path):
    return saved(tiny(), tmp_path / "model.h5")


def refusal(path: Path) -> str:
    with pytest.raises(NotImportedError) as error:
        import_network(path, SAID)
    return str(error.value)


class _Bomb:
    """What a pickle runs when it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return Path.write_text, (self.target, "ran")


def test_a_pickle_is_never_loaded(tmp_path):
    ran = tmp_path / "ran"
    for name in ("model.h5", "model.keras", "model.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps(_Bomb(ran)))
        assert "Expected a `.keras`" in refusal(tmp_path / name)

    assert not ran.exists()


def as_lambda(layer, target):
    code = compile(f"open({str(target)!r}, 'w').write('ran')", "evil", "exec")
    encoded = base64.b64encode(marshal.dumps(code)).decode()
    layer["class_name"] = "Lambda"
    layer["config"] = {
        "name": "evil",
        "function": {"class_name": "__lambda__", "config": {"code": encoded}},
    }


def test_the_bytecode_of_a_lambda_is_never_run(tmp_path, model):
    ran = tmp_path / "ran"
    rewritten(model, lambda config: as_lambda(config["config"]["layers"][1], ran))

    told = refusal(model)

    assert "The layer 'evil' is a 'Lambda'" in told
    assert "never run" in told
    assert not ran.exists()


@pytest.mark.parametrize(
    "evil",
    [
        {"module": "os", "class_name": "system", "config": {"command": "touch ran"}},
        {"module": "builtins", "class_name": "eval", "config": {"name": "conv2d"}},
        {"module": "my_layers", "class_name": "Attention", "config": {"name": "conv2d"}},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "c"}},
    ],
)
def test_no_module_or_class_of_a_configuration_is_looked_up(model, evil):
    rewritten(model, lambda config: config["config"]["layers"][1].update(evil))

    assert f"is a '{evil['class_name']}', which is not imported" in refusal(model)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"activation": {"class_name": "__lambda__", "config": {"code": "4w"}}}, "code of its own"),
        ({"activation": "os.system"}, "expected one of Keras"),
        ({"kernel_size": {"module": "os", "class_name": "system"}}, "an object instead of a"),
        ({"surprise": "__class__"}, "has the setting 'surprise', which is not known"),
        ({"data_format": "channels_first"}, "has its channels first"),
        ({"filters": 10**9}, "needs 9,000,000,000 weights"),
        ({"kernel_size": "many"}, "cannot be built"),
    ],
)  # fmt: skip
def test_settings_are_plain_values_of_known_names(model, setting, told):
    def change(config):
        config["config"]["layers"][1]["config"].update(setting)

    assert told in refusal(rewritten(model, change))


def test_a_class_of_its_own_is_refused(model):
    change = lambda config: config.update(class_name="MyModel", module="evil")  # noqa: E731

    assert "is a 'MyModel'. Expected a Sequential or functional" in refusal(
        rewritten(model, change)
    )


def test_models_nested_without_end_are_refused(model):
    def change(config):
        layers = config["config"]["layers"]
        for _ in range(30):
            nested = {"class_name": "Sequential", "config": {"name": "deeper", "layers": layers}}
            layers = [layers[0], nested]
        config["config"]["layers"] = layers

    assert "levels deep" in refusal(rewritten(model, change))


@pytest.mark.parametrize("name", ["../outside.h5", "/etc/outside.h5", "a/../../outside", "C:/x"])
def test_a_path_that_leads_out_of_an_archive(tmp_path, model, name):
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr(name, "evil")

    assert "a member whose path leads outside it" in refusal(model)
    assert not list(tmp_path.parent.glob("outside*"))


def test_a_link_in_an_archive(model):
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(model, "a") as archive:
        archive.writestr(link, "/etc/passwd")

    assert "contains a link" in refusal(model)


def test_an_archive_that_would_fill_the_disk(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        with archive.open("model.weights.h5", "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(bytes(2**20))

    assert "Nothing was unpacked" in refusal(bomb)


def test_an_archive_without_a_model(tmp_path):
    path = tmp_path / "films.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("film.png", "no model")
        archive.writestr("model.json", "{}")

    told = refusal(path)
    assert "is a ZIP archive without a model: film.png, model.json" in told
    assert "choose Tensorflow, Keras" in told


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.98])
def test_a_file_that_is_cut_off(tmp_path, suffix, share):
    path = saved(tiny(), tmp_path / f"model.{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    assert any(word in refusal(path) for word in ("cut off", "is empty", "no weights", "no Keras"))


def test_weights_without_a_model_and_other_formats(tmp_path):
    tiny().save_weights(tmp_path / "only.weights.h5")
    (tmp_path / "model.pt").write_bytes(b"\x80\x02 some program")
    (tmp_path / "folder").mkdir()

    assert "weights, but not the model they belong to" in refusal(tmp_path / "only.weights.h5")
    assert "model.pt is a PyTorch file" in refusal(tmp_path / "model.pt")
    assert "is a folder" in refusal(tmp_path / "folder")
    assert "cannot be read" in refusal(tmp_path / "nowhere.h5")


@pytest.mark.parametrize("kind", ["external link", "soft link", "external data"])
def test_hdf5_never_reads_another_file(tmp_path, old_model, kind):
    secret = tmp_path / "secret"
    secret.write_bytes(np.ones(4, np.float32).tobytes())
    with h5py.File(old_model, "r+") as file:
        group = file["model_weights/conv"]
        name = next(iter(group))
        if kind == "external link":
            group["more"] = h5py.ExternalLink(str(secret), "/data")
        elif kind == "soft link":
            group["more"] = h5py.SoftLink(f"/model_weights/conv/{name}")
        else:
            group.create_dataset("more", (4,), "f4", external=[(str(secret), 0, 16)])

    assert "refers to data in other files" in refusal(old_model)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.full((3, 3, 1, 4), np.nan, np.float32), "not finite"),
        (np.zeros((3, 3, 1, 5), np.float32), "its configuration needs (3, 3, 1, 4)"),
    ],
)
def test_weights_that_are_no_numbers_or_of_another_model(old_model, values, told):
    with h5py.File(old_model, "r+") as file:
        group = file["model_weights/conv"]
        (kernel,) = [name for name in group.attrs["weight_names"] if "kernel" in name]
        del group[kernel]
        group[kernel] = values

    assert told in refusal(old_model)


def test_a_configuration_that_is_no_json(old_model):
    with h5py.File(old_model, "r+") as file:
        file.attrs["model_config"] = "[" * 100_000

    assert "cut off or damaged" in refusal(old_model)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("0 Normal\n1 Pneumonia\n", ("Normal", "Pneumonia")),
        ("\ufeff1 b\r\n0 a\r\n", ("a", "b")),
        ("NORMAL\nPNEUMONIA", ("NORMAL", "PNEUMONIA")),
        ("3 cats\n7 dogs", ("3 cats", "7 dogs")),
        ("", ()),
    ],
)
def test_labels_with_and_without_numbers(text, labels):
    assert read_labels(text.encode()) == labels


def test_hidden_members_do_not_confuse(tmp_path, old_model):
    path = tmp_path / "converted.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(old_model, "keras_model.h5")
        archive.writestr("labels.txt", json.dumps(0) + " NORMAL\n1 PNEUMONIA")

    assert import_network(path, Said()).classes == CLASSES
    assert zipfile.is_zipfile(io.BytesIO(path.read_bytes()))
