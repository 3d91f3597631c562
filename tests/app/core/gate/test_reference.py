"""Distances worked by hand, and against the full covariance of scikit-learn."""

import dataclasses
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.covariance import EmpiricalCovariance

from app.core.bundles.bundle import load_bundle
from app.core.errors import BundleError, InvalidOutputError
from app.core.gate.fault_probes import FaultProbes
from app.core.gate.image_statistics import NAMES
from app.core.gate.reference import Reference, load_reference, write_reference
from app.core.gate.statistic_ranges import StatisticRanges

NO_PROBES = FaultProbes(
    (), np.zeros((0, 3), np.float32), np.zeros(0, np.float32), np.zeros(0, np.float32)
)


def reference(**changes):
    """Three features, the first of which is a component; the other two are left over."""
    return dataclasses.replace(
        Reference(
            mean=np.array([10, 20, 30], np.float32),
            scale=np.array([2, 1, 1], np.float32),
            components=np.array([[1, 0, 0]], np.float32),
            variances=np.array([4], np.float32),
            limits=np.array([3, 2], np.float32),
            probes=NO_PROBES,
            ranges=None,
            sample=np.zeros((5, 1), np.float16),
        ),
        **changes,
    )


def test_distance_within_the_components_by_hand():
    # (22 - 10) / 2 = 6, of a deviation of 2: 3, which is the limit.
    seen = reference().observe(np.array([22, 20, 30], np.float32))

    assert seen.distance == pytest.approx(1)
    assert seen.coordinates.tolist() == [3]
    assert seen.fault == ""


def test_distance_beyond_the_components_by_hand():
    # 6 and 6 are left over of three features: sqrt(72 / 3) = 4.899, and the limit is 2.
    seen = reference().observe(np.array([10, 26, 36], np.float32))

    assert seen.distance == pytest.approx(np.sqrt(24) / 2)
    assert seen.coordinates.tolist() == [0]


def test_what_is_left_over_is_right_for_components_that_are_orthonormal_only_nearly():
    rng = np.random.default_rng(0)
    exact = np.linalg.qr(rng.normal(size=(40, 4)))[0].T
    components = exact.astype(np.float16).astype(np.float32)
    films = rng.normal(size=(5, 40)).astype(np.float32)
    known = reference(
        mean=np.zeros(40, np.float32),
        scale=np.ones(40, np.float32),
        components=components,
        variances=np.full(4, 1e6, np.float32),
        limits=np.ones(2, np.float32),
    )

    rest = films - (films @ components.T) @ components

    expected = np.sqrt((rest**2).mean(axis=1))
    np.testing.assert_allclose(known.distances(films)[1], expected, rtol=1e-5)


def test_coordinates_far_away_stay_finite_in_float16():
    seen = reference().observe(np.array([1e30, 20, 30], np.float32))

    assert seen.coordinates.tolist() == [99]
    assert seen.distance > 1e20


def test_distance_with_all_components_is_mahalanobis_of_the_full_covariance():
    rng = np.random.default_rng(1)
    films = (rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) + 3).astype(np.float32)
    queries = (rng.normal(size=(20, 6)) * 4).astype(np.float32)
    covariance = EmpiricalCovariance().fit(films)
    variances, components = np.linalg.eigh(covariance.covariance_)
    full = reference(
        mean=films.mean(axis=0),
        scale=np.ones(6, np.float32),
        components=components.T.astype(np.float32),
        variances=variances.astype(np.float32),
        limits=np.ones(2, np.float32),
    )

    _, found = full.distances(full.standardised(queries))

    expected = np.sqrt(covariance.mahalanobis(queries) / 6)
    assert found == pytest.approx(expected, rel=1e-3)


def test_features_of_another_network_are_an_error_of_the_bundle():
    with pytest.raises(BundleError, match=r"gives 4 features; .* has 3\. Add the reference again"):
        reference().observe(np.zeros(4, np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite_are_an_error_of_the_model(value):
    with pytest.raises(InvalidOutputError, match="not finite"):
        reference().observe(np.array([10, value, 30], np.float32))


def test_features_too_large_for_a_distance_do_not_pass_as_familiar():
    # 3e38 / 0.5 is beyond float32, and infinity minus infinity is no number.
    small = reference(scale=np.full(3, 0.5, np.float32))

    with pytest.raises(InvalidOutputError, match="not finite"):
        small.observe(np.array([3e38, 20, 30], np.float32))


def test_images_of_a_batch_are_seen_as_if_alone():
    probes = FaultProbes(
        ("bright", "wide"),
        np.array([[1, 0, 0], [0, 1, 0]], np.float32),
        np.array([-2, -2], np.float32),
        np.array([5, 1], np.float32),
    )
    known = reference(probes=probes)
    features = np.array([[10, 20, 30], [22, 20, 30], [10, np.nan, 30], [10, 26, 36]], np.float32)

    usual, bright, broken, far = known.observe_all(features)

    assert isinstance(broken, InvalidOutputError)
    assert (usual.distance, usual.fault) == (0, "")
    assert (bright.distance, bright.fault) == (pytest.approx(1), "bright")
    assert (far.distance, far.fault) == (pytest.approx(np.sqrt(24) / 2), "")  # beyond reach
    assert (bright.faults, far.faults) == (("bright",), ())
    for seen, alone in ((usual, features[0]), (bright, features[1]), (far, features[3])):
        assert seen.distance == pytest.approx(known.observe(alone).distance)
        assert np.array_equal(seen.coordinates, known.observe(alone).coordinates)


def test_a_distance_does_not_depend_on_the_other_images_of_a_batch():
    rng = np.random.default_rng(0)
    components = np.linalg.qr(rng.normal(size=(700, 32)))[0].T.astype(np.float32)
    known = reference(
        mean=np.zeros(700, np.float32),
        scale=np.ones(700, np.float32),
        components=components,
        variances=np.ones(32, np.float32),
    )
    features = rng.normal(size=(8, 700)).astype(np.float32)

    together = known.observe_all(features)

    assert [one.distance for one in together] == [known.observe(one).distance for one in features]


class OfBundle:
    """What `load_reference` needs of a bundle."""

    def __init__(self, path, manifest):
        self.path, self.name, self.manifest, self.adaptation = path, "mine", manifest, None
        self.adapted_in = None


def section(faults=(), kinds=()):
    from app.core.bundles.reference_section import FeatureLayer, OtherKind
    from app.core.bundles.reference_section import Reference as Section

    return Section(
        layers=(FeatureLayer(layer="pixels"),),
        limit_share=0.02,
        refused=1,
        of=50,
        faults=faults,
        other_kinds=tuple(OtherKind(name=name, refused=9, of=10) for name in kinds),
    )


class OfManifest:
    """A manifest, of which only the reference counts here."""

    def __init__(self, faults=(), kinds=()):
        self.reference = section(faults, kinds)


def test_reads_back_what_was_written(tmp_path):
    names = ("inverted", "cropped")
    written = reference(
        probes=FaultProbes(
            names,
            np.array([[1, 0.5, 0], [0, 0, 2]], np.float32),
            np.array([-1, 0.25], np.float32),
            np.array([3, 4], np.float32),
        ),
        ranges=StatisticRanges.from_films(np.random.default_rng(2).random((40, len(NAMES)))),
        sample=np.arange(5, dtype=np.float16)[:, np.newaxis],
    )
    write_reference(tmp_path / "reference.npz", written)

    read = load_reference(OfBundle(tmp_path, OfManifest(names)))

    for name in ("mean", "scale", "components", "variances", "limits", "sample"):
        assert getattr(read, name).tolist() == getattr(written, name).tolist()
    assert read.probes.names == names
    assert read.probes.weights.tolist() == written.probes.weights.tolist()
    assert read.ranges.low == pytest.approx(written.ranges.low)
    # Adapted to a place, more films are familiar.
    adapted = adapted_to(tmp_path, names)
    assert load_reference(adapted).limits == pytest.approx(1.25 * written.limits)
    assert load_reference(adapted).probes.weights.tolist() == written.probes.weights.tolist()


def adapted_to(folder, names, cropped=()):
    bundle = OfBundle(folder, OfManifest(names))
    bundle.adaptation = SimpleNamespace(reach=1.25, cropped=cropped)
    bundle.adapted_in = folder
    return bundle


def test_a_missing_part_is_told_as_was_learned_at_the_place(tmp_path):
    names = ("inverted", "cropped_top")
    write_reference(tmp_path / "reference.npz", reference(probes=line_probes(names)))
    learned = replace(line_probes(names[1:]), offsets=np.float32([7]))
    np.savez(tmp_path / "cropped.npz", **learned.arrays("fault"))

    read = load_reference(adapted_to(tmp_path, names, names[1:]))
    assert read.probes.offsets.tolist() == [0, 7]
    np.savez(tmp_path / "cropped.npz", fault_weights=learned.weights[:, :2])
    with pytest.raises(BundleError, match=r"cropped\.npz of the adaptation .* cannot be used"):
        load_reference(adapted_to(tmp_path, names, names[1:]))
    with pytest.raises(BundleError, match="cannot be used"):
        load_reference(adapted_to(tmp_path, names, ("cropped_left",)))


def line_probes(names):
    number = len(names)
    return FaultProbes(
        names, np.ones((number, 3), np.float32), np.zeros(number, np.float32),
        np.ones(number, np.float32),
    )  # fmt: skip


KNEES = FaultProbes(
    ("a knee",),
    np.array([[0, 0, 1]], np.float32),
    np.array([-0.5], np.float32),
    np.array([2], np.float32),
)


def test_a_foreign_kind_is_told_after_it_was_written_and_read(tmp_path):
    write_reference(tmp_path / "reference.npz", reference(kinds=KNEES))

    read = load_reference(OfBundle(tmp_path, OfManifest(kinds=("a knee",))))

    knee, own = read.mean + [0, 0, 1] * read.scale, read.mean
    seen = read.observe_all(np.stack([knee, own]).astype(np.float32))
    assert [one.kind for one in seen] == ["a knee", ""]


def test_a_kind_of_the_manifest_that_the_file_does_not_tell_is_an_error(tmp_path):
    write_reference(tmp_path / "reference.npz", reference())

    with pytest.raises(BundleError, match="kind_weights is missing"):
        load_reference(OfBundle(tmp_path, OfManifest(kinds=("a knee",))))


def test_a_bundle_without_reference_has_none():
    from pathlib import Path

    bundle = load_bundle(Path(__file__).parents[4] / "models" / "phantom-findings")
    without = dataclasses.replace(
        bundle, manifest=bundle.manifest.model_copy(update={"reference": None})
    )

    assert load_reference(without) is None


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("scale", np.zeros(3, np.float32), "scale has numbers that are not above 0"),
        ("limits", np.ones(1, np.float32), r"limits has the shape \(1,\), expected \(2,\)"),
        ("components", np.ones((1, 2), np.float16), r"components has the shape \(1, 2\)"),
        ("mean", np.array([1, np.nan, 2], np.float32), "mean has numbers that are not finite"),
        ("mean", np.array(["a", "b", "c"]), "mean has the shape"),
        ("sample", np.zeros((5, 2), np.float16), r"sample has the shape \(5, 2\)"),
        ("sample", np.full((5, 1), 1e5, np.float32), "sample has numbers that are too large"),
        ("variances", np.zeros(0, np.float32), "mean or variances are empty"),
        ("fault_reach", np.ones(1, np.float32), r"fault_reach has the shape \(1,\)"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(tmp_path, name, array, message):
    path = tmp_path / "reference.npz"
    write_reference(path, reference())
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {name: array})

    with pytest.raises(BundleError, match=message):
        load_reference(OfBundle(tmp_path, OfManifest()))


def test_a_missing_array_is_named(tmp_path):
    np.savez(tmp_path / "reference.npz", mean=np.ones(3, np.float32))

    with pytest.raises(BundleError, match=r"variances is missing\). Copy the bundle again"):
        load_reference(OfBundle(tmp_path, OfManifest()))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not an archive", b"\x80\x04pickle"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "reference.npz").write_bytes(content)

    with pytest.raises(BundleError, match="cannot be used"):
        load_reference(OfBundle(tmp_path, OfManifest()))


def test_a_damaged_archive_is_refused(tmp_path):
    path = tmp_path / "reference.npz"
    write_reference(path, reference())
    content = bytearray(path.read_bytes())
    name_length, extra_length = (int.from_bytes(content[at : at + 2], "little") for at in (26, 28))
    first = 30 + name_length + extra_length
    content[first : first + 8] = b"\xff" * 8
    path.write_bytes(content)

    with pytest.raises(BundleError, match=r"cannot be used \(error\)"):
        load_reference(OfBundle(tmp_path, OfManifest()))


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    write_reference(tmp_path / "reference.npz", reference())
    monkeypatch.setattr("app.core.gate.array_files.MOST_BYTES", 1000)

    with pytest.raises(BundleError, match=r"it unpacks to 1,\d{3} bytes; at most 1,000 are read"):
        load_reference(OfBundle(tmp_path, OfManifest()))


def test_an_array_of_more_numbers_than_there_is_memory_is_refused(tmp_path):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000,), }"
    header = header.ljust(117) + b"\n"
    with zipfile.ZipFile(tmp_path / "reference.npz", "w") as archive:
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
        archive.writestr("mean.npy", start + header)

    with pytest.raises(BundleError, match="cannot be used"):
        load_reference(OfBundle(tmp_path, OfManifest()))


def test_objects_are_never_unpickled(tmp_path):
    path = tmp_path / "reference.npz"
    np.savez(path, mean=np.array([{"a": 1}], dtype=object))

    with pytest.raises(BundleError, match="cannot be used"):
        load_reference(OfBundle(tmp_path, OfManifest()))


def test_all_faults_are_told_likeliest_first_each_within_its_reach():
    probes = FaultProbes(
        ("near", "weak", "strong", "absent"),
        np.array([[9, 0, 0], [1, 0, 0], [2, 0, 0], [-1, 0, 0]], np.float32),
        np.zeros(4, np.float32),
        np.array([0.5, 5, 5, 5], np.float32),
    )

    found = reference(probes=probes).observe(np.array([22, 20, 30], np.float32))

    assert found.distance == pytest.approx(1)
    assert found.faults == ("strong", "weak")
    assert (found.fault, found.other_faults) == ("strong", ("weak",))
