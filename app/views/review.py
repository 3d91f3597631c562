"""Review page: a batch of films as a worklist, uncertain and positive ones first."""

import streamlit as st

from app.core.results.rows import table, with_verdicts
from app.core.review.worklist import count_by_status, count_reviewed, worklist
from app.core.spreadsheets import to_csv
from app.ui import state, verdict_log
from app.ui.review import choices, intake, progress, shift
from app.ui.review import worklist as rows

st.title("Review")

bundle = state.require_bundle()
batch = state.batch()

if batch is None or batch.bundle.sha256 != bundle.sha256:
    if batch is not None and batch.progress.running:
        progress.show_unlisted(batch)
    st.write("Choose films to review. They stay on this computer.")
    intake.choose_batch(bundle)
    st.stop()

# One key per batch, so that the expander closes when a new batch starts.
with st.expander("Review other films", key=f"review_other_{id(batch)}"):
    intake.choose_batch(bundle)

is_running = batch.progress.running
results_so_far = batch.results[: state.num_listed(batch)]
if is_running:
    progress.show_progress(batch)
    if not results_so_far:
        st.stop()

progress.show_end(batch)
if not is_running:
    batch.wait()  # for the comparison, if a film was judged anew
    shift.show(batch.shift, bundle)
verdicts = verdict_log.current(bundle)
finding = rows.choose_finding(bundle)
asked, results = rows.of_finding(bundle, results_so_far, finding)
# These take time proportional to the batch, so they are recomputed only after a change.
counts = state.cached("counts", (len(results), finding), lambda: count_by_status(results))
num_reviewed = state.cached(
    "reviewed", (len(results), verdicts), lambda: count_reviewed(results, verdicts)
)
rows.summary(counts, num_reviewed=num_reviewed, num_results=len(results), left_out=batch.left_out)
if not is_running:
    if batch.shift is None:  # which says so itself
        rows.warn_if_all_are_refused(results_so_far)
    choices.offer_choices(batch, results_so_far)
with st.container(border=True):
    chosen = rows.choose_filter(asked, counts)
order = state.worklist_order()
listed = state.cached(
    "worklist",
    (len(results), verdicts, chosen, order, finding),
    lambda: worklist(results, verdicts, chosen, order),
)
state.set_listed(listed)

if not listed:
    st.info("No film matches these filters.")
    st.stop()

opened = rows.show_rows(
    listed, asked, verdicts, every_finding=results_so_far, task=bundle.manifest.task
)
if opened is not None:
    state.open_case(opened.source)
    st.switch_page("views/case.py")

st.caption(f"Computed by {batch.computed_by}.")
if num_ignored := verdict_log.store().num_ignored:
    st.caption(
        f"Ignored empty rows in the database of verdicts: {num_ignored:,}. An earlier version "
        "wrote them when a film was merely opened."
    )
if not is_running:
    st.download_button(
        "Download results.csv",
        # Built on request: for 100,000 films it takes longer than the page.
        lambda: to_csv(with_verdicts(table(results_so_far, bundle), verdicts)),
        "results.csv",
        "text/csv",
        icon=":material/download:",
        key="review_download",
        on_click="ignore",
    )
