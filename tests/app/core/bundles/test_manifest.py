import json

import numpy as np
import pytest

from app.core.bundles.manifest import parse_manifest
from app.core.errors import BundleError


@pytest.fixture
def content(bundle):
    """A valid manifest, to be changed."""
    return json.loads(bundle.manifest.model_dump_json())


def refusal(text):
    with pytest.raises(BundleError) as caught:
        parse_manifest(text.encode("latin-1"), "small")
    return str(caught.value)


def test_round_trip(bundle):
    text = bundle.manifest.model_dump_json().encode()
    assert parse_manifest(text, "small") == bundle.manifest


def test_a_window_is_written_only_where_there_is_one(content):
    assert "window" not in content["input"]
    assert parse_manifest(json.dumps(content).encode(), "small").input.window is None
    content["input"]["window"] = [0, 4095]
    manifest = parse_manifest(json.dumps(content).encode(), "small")
    assert manifest.input.window == (0.0, 4095.0)
    assert json.loads(manifest.model_dump_json())["input"]["window"] == [0, 4095]


def test_an_older_manifest_does_not_say_how_many_images_lack_a_patient(content):
    content["data"]["patients"] = {"train": 7}
    content["data"]["images_without_patient"] = {"train": 2}
    data = parse_manifest(json.dumps(content).encode(), "small").data
    assert (data.patients, data.images_without_patient) == ({"train": 7}, {"train": 2})
    del content["data"]["images_without_patient"]
    older = parse_manifest(json.dumps(content).encode(), "small").data
    assert (older.patients, older.images_without_patient) == ({"train": 7}, {})


def test_a_guarantee_takes_format_3_and_is_written_only_where_there_is_one(content):
    assert "guarantee" not in content["thresholds"]
    promise = {
        "promised": 0.05, "found": True, "errors": 0, "of": 80, "bound": 0.045, "inside": 80,
        "more": 0,
    }  # fmt: skip
    content["thresholds"]["guarantee"] = {
        "confidence": 0.95, "units": 160, "unit": "patient", "positives": 80, "missed": 0,
        "views": 1, "rule_out": promise, "rule_in": promise,
    }  # fmt: skip

    assert "which format 2 does not have; expected 3" in refusal(json.dumps(content))
    manifest = parse_manifest(json.dumps(content | {"format": 3}).encode(), "small")
    assert manifest.thresholds.guarantee.rule_out.of == 80
    assert json.loads(manifest.model_dump_json())["thresholds"] == content["thresholds"]


def test_a_guarantee_that_contradicts_itself_is_refused(content):
    promise = {"promised": 0.05, "found": True, "errors": 9, "of": 8, "bound": 0.5, "inside": 8}
    content["thresholds"]["guarantee"] = {
        "confidence": 0.95, "units": 16, "unit": "film", "positives": 8, "rule_in": promise,
    }  # fmt: skip

    assert "9 errors out of 8" in refusal(json.dumps(content | {"format": 3}))


@pytest.mark.parametrize("found", [6, 0, "1", None, 1.5, True, [1]])
def test_unknown_format_number(content, found):
    message = refusal(json.dumps(content | {"format": found}))
    assert f"has format {found!r}" in message
    assert "reads the formats 1, 2, 3, 4 and 5" in message
    assert "Update Overread" in message


@pytest.mark.parametrize(
    "text", ["", "{", "no JSON", "\xff\xfe", "[" * 100_000, "{'format': 1}", '{"format": 1'],
    ids=["empty", "open", "text", "latin", "deep", "python", "cut"],
)  # fmt: skip
def test_no_json(text):
    message = refusal(text)
    assert "is not valid JSON" in message
    assert len(message) < 300


@pytest.mark.parametrize("text", ["[]", "1", "null", '"bundle"', "{}"])
def test_no_format_number(text):
    assert "has format None" in refusal(text)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"surprise": 1}, "surprise: Extra inputs"),
        ({"task__surprise": 1}, "task.surprise: Extra inputs"),
        ({"task__classes": ["NORMAL", "NORMAL"]}, "contain duplicates"),
        ({"task__classes": ["NORMAL"]}, "task.classes"),
        ({"task__positive": "NORMAL"}, "positive is 'NORMAL'"),
        ({"task__positive": None}, "positive is None"),
        ({"task__classes": ["PNEUMONIA", "NORMAL"]}, "it must be the second"),
        ({"task__display_names": {"COVID": "c"}}, "COVID"),
        ({"input__height": 0}, "input.height"),
        ({"input__window": [5, 5]}, "expected black below white"),
        ({"input__window": [4095, 0]}, "expected black below white"),
        ({"input__channels": 2}, "input.channels"),
        ({"input__fit": "crop"}, "input.fit"),
        ({"heatmap__scale": 0}, "heatmap.scale"),
        ({"heatmap__scale": float("inf")}, "heatmap.scale"),
        ({"thresholds__decision": 1.5}, "thresholds.decision"),
        ({"thresholds__decision": float("nan")}, "thresholds.decision"),
        ({"thresholds__uncertain_low": 0.9}, "uncertain_low <= decision"),
        ({"calibration__temperature": 0}, "calibration.temperature"),
        ({"calibration__temperature": float("inf")}, "calibration.temperature"),
        ({"calibration__method": "temperature_and_offset"}, "does not allow the offset ()"),
        ({"calibration__offset": [0, 1]}, "temperature does not allow the offset (0.0, 1.0)"),
        (
            {
                "calibration__method": "temperature_and_offset",
                "calibration__offset": [0, 1, 2],
            },
            "3 offsets for 2 classes",
        ),
        ({"name": "../small"}, "name"),
        ({"files": []}, "files"),
    ],
)
def test_inconsistent_values(content, changes, expected):
    for key, value in changes.items():
        *parents, last = key.split("__")
        section = content
        for parent in parents:
            section = section[parent]
        section[last] = value
    message = refusal(json.dumps(content))
    assert "is invalid" in message
    assert expected in message


def test_classes_that_exclude_each_other_share_a_heatmap_scale(content):
    content["heatmap"]["scale"] = {"NORMAL": 1.0, "PNEUMONIA": 2.0}
    assert "one heatmap scale for all classes" in refusal(json.dumps(content))


def test_missing_section(content):
    del content["thresholds"]
    assert "needs thresholds and calibration" in refusal(json.dumps(content))


@pytest.fixture
def findings_content(findings_bundle):
    """A valid manifest of findings, to be changed."""
    return json.loads(findings_bundle.manifest.model_dump_json())


def test_round_trip_of_findings(findings_bundle):
    text = findings_bundle.manifest.model_dump_json().encode()
    assert parse_manifest(text, "findings") == findings_bundle.manifest


def test_what_is_written_of_each_kind(content, findings_content):
    assert content["task"]["kind"] == "one-of"
    assert {"thresholds", "calibration"} <= set(content)
    assert "findings" not in content

    assert findings_content["task"]["kind"] == "any-of"
    assert list(findings_content["findings"]) == ["EFFUSION", "NODULE", "CARDIOMEGALY"]
    assert not {"thresholds", "calibration"} & set(findings_content)


def test_one_heatmap_scale_for_all_findings_as_in_older_bundles(findings_content):
    findings_content["heatmap"]["scale"] = 0.7

    manifest = parse_manifest(json.dumps(findings_content).encode(), "findings")

    evidence = np.zeros((1, 1), np.float32)
    assert [manifest.heatmap.scale_for(index, evidence) for index in range(3)] == [0.7, 0.7, 0.7]


def test_format_1_is_one_of(content):
    del content["task"]["kind"]
    manifest = parse_manifest(json.dumps(content | {"format": 1}).encode(), "small")
    assert manifest.task.kind == "one-of"
    assert manifest.thresholds.decision == 0.5


def test_findings_have_no_thresholds_in_common(findings_bundle):
    with pytest.raises(ValueError, match="for each finding"):
        _ = findings_bundle.manifest.thresholds
    with pytest.raises(ValueError, match="for each finding"):
        _ = findings_bundle.manifest.calibration


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"format": 1}, "format 1 does not have"),
        ({"findings": {}}, "expected one for each class"),
        ({"task__kind": "one-of"}, "the task is one-of"),
        ({"task__positive": "NODULE"}, "positive is 'NODULE'"),
        ({"task__classes": ["A|B", "NODULE", "CARDIOMEGALY"], "task__display_names": {}}, "A|B"),
        ({"task__classes": ["none", "NODULE", "CARDIOMEGALY"], "task__display_names": {}}, "none"),
        ({"findings__NODULE__thresholds__decision": 1.5}, "findings.NODULE.thresholds.decision"),
        ({"findings__NODULE__calibration__offset": [0, 1, 2]}, "3 offsets"),
        ({"heatmap__scale": {"NODULE": 1.0}}, "one for each finding in order"),
        ({"heatmap__scale__NODULE": 0.0}, "heatmap.scale"),
        ({"thresholds": {"decision": 0.5, "uncertain_low": 0.4, "uncertain_high": 0.6,
          "rule": "", "chosen_on": ""}}, "in its findings only"),
    ],
)  # fmt: skip
def test_inconsistent_findings(findings_content, changes, expected):
    for key, value in changes.items():
        *parents, last = key.split("__")
        place = findings_content
        for parent in parents:
            place = place[parent]
        place[last] = value
    assert expected in refusal(json.dumps(findings_content))


REFERENCE = {
    "layers": [{"layer": "pixels", "grid": 4, "spread": True}, {"layer": "stage3"}],
    "limit_share": 0.02,
    "refused": 3,
    "of": 150,
}


def test_a_reference_takes_format_3(content):
    content["reference"] = REFERENCE

    assert "a reference is given, which format 2 does not have" in refusal(json.dumps(content))
    manifest = parse_manifest(json.dumps(content | {"format": 3}).encode(), "small")
    assert [one.layer for one in manifest.feature_layers] == ["pixels", "stage3"]
    written = json.loads(manifest.model_dump_json())["reference"]
    assert written == REFERENCE | {
        "layers": [REFERENCE["layers"][0], {"layer": "stage3", "grid": 1, "spread": False}],
        "faults": [],
        "reads_markers": True,
        "contradictions": [],
        "other_kinds": [],
    }


def test_a_problem_within_the_reference_is_named_with_its_place(content):
    given = {"format": 3, "reference": REFERENCE | {"limit_share": 0}}
    assert "reference.limit_share" in refusal(json.dumps(content | given))


def test_a_bundle_without_a_reference_is_what_older_versions_read(content):
    assert content["format"] == 2
    assert "reference" not in content


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (1, {}),
        (2, {}),
        (3, {"reference": REFERENCE}),
        (4, {"quality": "unknown"}),
        (5, {}),
        (5, {"quality": "unknown", "reference": REFERENCE}),
    ],
)
def test_bundles_of_all_formats_are_read_as_older_versions_wrote_them(content, number, changes):
    older = content | {"format": number} | changes
    assert not {"other_kinds", "reads_markers"} & set(older.get("reference", {}))

    manifest = parse_manifest(json.dumps(older).encode(), "small")

    assert manifest.heatmap.scale == content["heatmap"]["scale"] > 0
    if manifest.reference is not None:
        assert manifest.reference.reads_markers
        assert manifest.reference.other_kinds == ()


def test_without_films_to_choose_a_scale_on_each_heatmap_reaches_up_to_its_own_maximum(content):
    content |= {"format": 4, "quality": "unknown"}
    content["heatmap"]["scale"] = None

    heatmap = parse_manifest(json.dumps(content).encode(), "small").heatmap

    assert not heatmap.is_shared
    assert heatmap.scale_for(0, np.array([[0.5, 2.0]], np.float32)) == 2.0
    assert heatmap.scale_for(0, np.zeros((1, 1), np.float32)) > 0
