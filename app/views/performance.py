"""Performance page: accuracy at a decision threshold, and the misclassified films."""

import streamlit as st

from app.core.performance import classifications, learning, predictions
from app.core.statistics import metrics
from app.ui import components, quality, state
from app.ui.cache import performance as cached_performance
from app.ui.performance import details as details
from app.ui.performance import figures as views
from app.ui.performance import findings, misclassified, prevalence, taking

st.title("Performance")

bundle = state.require_bundle()
quality.say(bundle)
if bundle.manifest.task.any_of:
    finding = findings.pick_finding(bundle)
    if finding is None:
        findings.show_all(bundle)
        st.stop()
    findings.say_missing_splits(bundle, finding)
    bundle = bundle.of_finding(finding)
task, decision = bundle.manifest.task, bundle.manifest.thresholds.decision
class_names = [task.display_name(name) for name in task.classes]
splits = predictions.splits(cached_performance.predictions(bundle))
if not splits:
    if not bundle.finding:
        quality.say_no_figures(bundle)
    st.stop()

threshold = None
split_column, slider = st.columns([1, 3])
with split_column:
    split = views.pick_split(splits)
with slider:
    if task.binary:
        key = f"performance_threshold_{bundle.sha256[:12]}{bundle.finding}"
        threshold = components.threshold_slider(decision, key=key)
held_out = cached_performance.held_out(bundle, split)
views.describe(held_out, bundle, threshold)

truth, predicted = held_out.y_true, held_out.predicted(threshold)
matrix = metrics.confusion_matrix(truth, predicted, num_classes=len(class_names))
if threshold is not None:
    score, result = (
        held_out.probabilities[:, 1],
        cached_performance.binary_performance(bundle, split),
    )
    point = metrics.operating_point(truth, score, threshold=threshold)
    own = metrics.operating_point(truth, score, threshold=decision)
    decisions = cached_performance.decision_metrics(bundle, split, threshold)
    views.binary_cards(decisions, result, held_out.unit)
    views.binary_figures(matrix, point, own, result, class_names, held_out.unit)
    prevalence.at_own_site(decisions, result.prevalence, class_names[1])
    taking.offer_threshold(bundle, threshold)
else:
    decisions_by_class = [
        cached_performance.decision_metrics(bundle, split, None, label)
        for label in range(len(class_names))
    ]
    result_by_class = cached_performance.multiclass_performance(bundle, split)
    views.multiclass_figures(
        matrix, decisions_by_class, result_by_class, class_names, held_out.unit
    )
views.zone_promises(held_out, bundle)

view = details.pick_view()
if view == "Misclassified films":
    misclassified.show(
        classifications.misclassified(held_out, threshold=threshold),
        bundle,
        key=f"misclassified_{bundle.sha256}{bundle.finding}_{split}_{threshold}",
    )
elif view == "Calibration":
    check = cached_performance.calibration(bundle, split)
    spread = classifications.histograms(held_out, threshold=threshold)
    details.calibration(check, spread, task, threshold=threshold, unit=held_out.unit)
elif view == "Subgroups":
    subgroups = classifications.subgroup_results(held_out, threshold=threshold)
    details.subgroup_table(subgroups, task, held_out.unit)
elif view == "Training":
    best = learning.best_epoch(bundle.manifest.training)
    details.training(learning.learning_curves(bundle.history()), best_epoch=best)
else:
    held_out_sets = [cached_performance.held_out(bundle, name) for name in splits]
    counts = [
        row for split_column in held_out_sets for row in predictions.count_classes(split_column)
    ]
    details.count_table(counts, task, held_out.unit)
