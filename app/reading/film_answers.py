"""What a browser is told of a film, by what its reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.bundles.manifest import Manifest
from app.core.bundles.task import Task
from app.core.explanations.selection import default_choice, format_ticks
from app.core.performance.formatting import probability_and_threshold
from app.core.record.entry import Entry
from app.core.record.verdict import Verdict
from app.core.review.film_heatmaps import FilmHeatmap, methods_of, usual_class
from app.core.review.film_pictures import FilmPicture
from app.core.review.findings import label_text, prediction_text
from app.core.review.patients import Patient
from app.core.review.worklist import STATUS_LABELS
from app.core.scoring.prediction import Prediction
from app.reading.answers import PREFIX
from app.reading.opened import AskedFilm

_NO_MAP = "No heatmap: no layer of this model has a map of the film. Occlusion needs none."


def film_part(picture: FilmPicture, item: int, *, query: str = "") -> dict[str, Any]:
    """The picture of a film, without its pixels.

    Args:
        picture: The picture.
        item: Position of the film in its worklist.
        query: Part of its address, of a picture other than that of the film as it is judged.
    """
    low, high = picture.window
    spacing = picture.spacing
    url = f"{PREFIX}/pixels/{item}/{picture.digest}"
    return {
        "url": f"{url}?{query}" if query else url,
        "full": f"{url}?full=1" if picture.is_reduced and not query else None,
        "scale": picture.scale,
        "rows": picture.rows,
        "columns": picture.columns,
        "bits": picture.bits,
        "colour": picture.is_coloured,
        "lowest": 0,
        "highest": picture.highest,
        "window": {"low": low, "high": high},
        "presets": _presets(picture),
        "inverted": False,
        "spacing": None if spacing is None else [spacing.down, spacing.across],
        "spacing_note": "" if spacing is None else spacing.note,
        "note": _note(picture),
    }


def details(picture: FilmPicture) -> list[list[str]]:
    """What the file states of what it shows; nothing that names a patient.

    Args:
        picture: The picture.
    """
    facts = picture.facts
    age = None if facts.age is None else f"{facts.age:.0f} y" if facts.age >= 2 else "under 2 y"
    size = f"{round(picture.columns * picture.scale):,} × {round(picture.rows * picture.scale):,}"
    found = {
        "Patient's age": "over 89 y" if facts.age is not None and facts.age > 89 else age,
        "Body part": facts.body_part,
        "View": facts.view,
        "Modality": facts.modality,
        "Size": f"{size} pixels",
        "Grey levels": None if picture.is_coloured else f"{picture.bits} bits",
    }
    return [[name, text] for name, text in found.items() if text]


def prediction_part(prediction: Prediction, manifest: Manifest) -> dict[str, Any]:
    """What the model says of a film; only for a reader who may see it.

    Args:
        prediction: The prediction.
        manifest: Classes and thresholds of the model.
    """
    task, threshold = manifest.task, _threshold(prediction, manifest)
    texts = probability_and_threshold(prediction.probability, threshold)
    return {
        "label": prediction.label,
        "text": prediction_text(prediction, task),
        "class_index": prediction.class_index,
        "probability": prediction.probability,
        "probability_text": texts[0],
        "threshold": threshold,
        "threshold_text": texts[1],
        "zone": prediction.zone,
        "zone_word": STATUS_LABELS[prediction.zone],
        "sentence": _sentence(prediction, manifest, texts),
        "classes": list(_classes(prediction, task)),
    }


def heatmaps_part(film: AskedFilm, shown: FilmHeatmap | None) -> dict[str, Any] | None:
    """The heatmaps of a film; None without a prediction that the reader may see.

    Args:
        film: The film.
        shown: The usual one; None if it cannot be made.
    """
    result, bundle = film.result, film.opened.bundle
    if not film.sight.shows_model or result is None or result.prediction is None:
        return None
    task = bundle.manifest.task
    names = enumerate(map(task.display_name, task.classes))
    methods = [{"key": one.key, "name": one.title} for one in methods_of(bundle)]
    usual = default_choice(bundle.manifest.heatmap, 0).method
    note = "" if bundle.manifest.heatmap.layer else _NO_MAP
    if note:
        methods.insert(0, {"key": usual, "name": "No heatmap"})
    return {
        "class": usual_class(bundle, result.prediction),
        "method": usual,
        "note": note,
        "choices": {
            "methods": methods,
            "classes": [{"index": index, "name": name} for index, name in names],
        },
        "shown": None if shown is None else heatmap_part(film, shown),
    }


def heatmap_part(film: AskedFilm, heatmap: FilmHeatmap) -> dict[str, Any]:
    """One heatmap, without its colours.

    Args:
        film: The film.
        heatmap: The heatmap.
    """
    choice, task = heatmap.choice, film.opened.bundle.manifest.task
    word = task.display_name(task.classes[choice.class_index])
    rows, columns = heatmap.evidence.shape
    top = heatmap.scale.top
    empty = f"No positive evidence for {word.lower()}; no heatmap is drawn."
    digest = film.result.image_id[:32] if film.result else ""
    return {
        "url": f"{PREFIX}/heatmaps/{film.item}/{choice.method}/{choice.class_index}/{digest}",
        "rows": rows,
        "columns": columns,
        "unit": choice.unit,
        "title": f"Evidence for {word} ({choice.description})",
        "top": top,
        "highest": float(heatmap.evidence.max()),
        "ticks": format_ticks(top),
        "caption": empty if heatmap.is_empty else heatmap.caption,
        "empty": heatmap.is_empty,
    }


def prior_label(patient: Patient) -> str:
    """What is written at another film of the same patient.

    Args:
        patient: Of that film.
    """
    taken = "" if patient.taken is None else f", {patient.taken.isoformat()}"
    return f"Same patient {patient.how}{taken}"


def said_part(said: Verdict | Entry, scale: float = 1.0) -> dict[str, Any]:
    """What a reader said, with regions in pixels of the picture.

    Args:
        said: What was said.
        scale: Pixels of the file to one of the picture.
    """
    return {
        "event": said.event,
        "label": said.label,
        "agreement": said.agreement,
        "confidence": said.confidence,
        "comment": said.comment or "",
        "tags": list(said.tags or ()),
        "regions": scaled_regions(said.regions or (), 1 / scale),
        "reading_seconds": said.reading_seconds,
        "idle_seconds": said.idle_seconds,
        "number": said.number,
        "saved_at": said.created_at.isoformat(),
        "reader": said.reader,
    }


def scaled_regions(regions: Iterable[Mapping[str, Any]], scale: float) -> list[dict[str, Any]]:
    """Regions in other pixels.

    Args:
        regions: As in the record.
        scale: New pixels to one of the old.
    """
    return [
        {
            **region,
            "points": [[round(x * scale, 1), round(y * scale, 1)] for x, y in region["points"]],
        }
        for region in regions
    ]


def _presets(picture: FilmPicture) -> list[dict[str, Any]]:
    low, high = picture.window
    presets = [{"name": "File", "low": low, "high": high}]
    if (low, high) != (0, picture.highest) and not picture.is_coloured:
        presets.append({"name": "All levels", "low": 0, "high": picture.highest})
    return presets


def _note(picture: FilmPicture) -> str:
    facts, frame = picture.facts, picture.facts.chosen.frame
    image = "" if frame is None else f"Image {frame:,} of {facts.num_images:,}."
    more = "; enlarged, it shows every pixel" if picture.is_reduced else ""
    smaller = f"Shown at 1 : {picture.scale:.1f}{more}." if picture.scale > 1.05 else ""
    return " ".join(filter(None, (image, smaller)))


def _threshold(prediction: Prediction, manifest: Manifest) -> float:
    """What the probability is compared with; of more than two classes, to be a clear answer."""
    if manifest.task.binary or manifest.task.any_of:
        return prediction.threshold
    thresholds = manifest.thresholds
    return thresholds.uncertain_high if thresholds.rules_in else 1.0


def _sentence(prediction: Prediction, manifest: Manifest, texts: tuple[str, str]) -> str:
    """Why the model says what it says, such as `Pneumonia 26 %: above the threshold of 22 %.`."""
    (probability, threshold), task = texts, manifest.task
    side = "above" if prediction.probability >= _threshold(prediction, manifest) else "below"
    if task.binary:
        name = task.display_name(task.classes[1])
        return f"{name} {probability}: {side} the threshold of {threshold}."
    if task.any_of:
        name = task.display_name(task.classes[prediction.class_index])
        return f"{name} {probability}: {side} its threshold of {threshold}."
    name = label_text(prediction.label, task)
    if not manifest.thresholds.rules_in:
        return f"{name} {probability}: no answer of this model counts as clear."
    return f"{name} {probability}: {side} the limit of {threshold} for a clear answer."


def _classes(prediction: Prediction, task: Task) -> Iterable[dict[str, Any]]:
    for index, label in enumerate(task.classes):
        probability = prediction.class_probabilities[index]
        threshold = prediction.threshold
        if task.any_of:
            threshold = prediction.findings[index].threshold
        has_threshold = task.any_of or (task.binary and index == 1)
        yield {
            "label": label,
            "text": task.display_name(label),
            "probability": probability,
            "probability_text": probability_and_threshold(probability, threshold)[0],
            "threshold": threshold if has_threshold else None,
        }
