"""Performance page: accuracy at a decision threshold, and the misclassified films."""

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.performance import classifications, learning, predictions
from app.ui import components, quality
from app.ui.cache import performance as cached_performance
from app.ui.performance import (
    choosing,
    comparing,
    details,
    findings,
    key_figures,
    misclassified,
    subgroups,
    without_model,
)
from app.ui.performance import figures as views
from app.ui.performance import splits as chosen_splits

st.title("Performance")

results = choosing.pick()
trained = isinstance(results, Bundle)
if isinstance(results, Bundle):
    quality.say(results)
else:
    without_model.about(results)
if results.manifest.task.any_of:
    finding = findings.pick_finding(results)
    if finding is None:
        findings.show_all(results)
        st.stop()
    findings.say_missing_splits(results, finding)
    results = results.of_finding(finding)
task, decision = results.manifest.task, results.manifest.thresholds.decision
splits = predictions.splits(cached_performance.predictions(results))
if not splits:
    if isinstance(results, Bundle) and not results.finding:
        quality.say_no_figures(results)
    st.stop()

threshold = None
split_column, slider = st.columns([1, 3])
with split_column:
    split = chosen_splits.pick_split(splits)
held_out = cached_performance.held_out(results, split)
with slider:
    if task.binary:
        key = f"performance_threshold_{results.sha256[:12]}{results.finding}"
        scores = classifications.score_range(cached_performance.held_out(results, splits[0]))
        threshold = components.threshold_slider(decision, key=key, scores=scores)
if isinstance(results, Bundle):
    views.describe(held_out, results, threshold)
else:
    without_model.describe(held_out, results, threshold)

if threshold is not None:
    key_figures.of_two_classes(held_out, results, threshold)
else:
    key_figures.of_classes(held_out, results)
if isinstance(results, Bundle):
    views.zone_promises(held_out, results)

view = details.pick_view(trained=trained)
if view == "Misclassified films":
    misclassified.show(
        classifications.misclassified(held_out, threshold=threshold),
        results,
        key=f"misclassified_{results.sha256}{results.finding}_{split}_{threshold}",
    )
elif view == "Calibration":
    spread = classifications.histograms(held_out, threshold=threshold)
    if held_out.are_probabilities:
        check = cached_performance.calibration(results, split)
        details.calibration(check, spread, task, threshold=threshold, unit=held_out.unit)
    else:
        details.scores(spread, task, threshold=threshold)
elif view == "Subgroups":
    subgroups.show(held_out, results, threshold=threshold)
elif view == "Comparison":
    comparing.show(results, split)
elif view == "Training" and isinstance(results, Bundle):
    best = learning.best_epoch(results.manifest.training)
    details.training(learning.learning_curves(results.history()), best_epoch=best)
else:
    held_out_sets = [cached_performance.held_out(results, name) for name in splits]
    counts = [row for cases in held_out_sets for row in predictions.count_classes(cases)]
    details.count_table(counts, task, held_out.unit, trained=trained)
