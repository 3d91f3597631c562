"""Figure of the probabilities of one prediction."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from app.charts import palette
from app.charts.layout import PER_CENT_TICKS, mark_decision
from app.core.bundles.manifest import Manifest
from app.core.performance import formatting
from app.core.scoring.prediction import Prediction


def probability_figure(prediction: Prediction, manifest: Manifest) -> go.Figure:
    """Calibrated probability of each class as bars, with the decision threshold.

    Args:
        prediction: The prediction to draw.
        manifest: Classes, display names and thresholds of the model.
    """
    task, thresholds = manifest.task, manifest.thresholds
    class_names = [task.display_name(name) for name in task.classes]
    probabilities = [
        escape(formatting.probability(value)) for value in prediction.class_probabilities
    ]
    figure = go.Figure(
        go.Bar(
            x=prediction.class_probabilities,
            y=class_names,
            orientation="h",
            marker_color=[
                palette.ACCENT if index == prediction.class_index else palette.MUTED
                for index in range(len(class_names))
            ],
            customdata=probabilities,
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    )
    if task.binary:
        # Only across the positive class: the other bar is not compared with the threshold.
        mark_decision(figure, thresholds, row=1)
        figure.add_annotation(
            x=thresholds.decision,
            y=1.5,
            yanchor="bottom",
            showarrow=False,
            text=f"threshold {formatting.probability(thresholds.decision)}",
        )
    return figure.update_layout(
        height=64 + 40 * len(class_names),
        margin={"l": 0, "r": 20, "t": 24, "b": 24},
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        xaxis={
            "range": [0, 1],
            **PER_CENT_TICKS,
            "gridcolor": palette.GRID,
        },
        # Beside the class, because at the end of its bar it would collide with the threshold.
        yaxis={
            "tickvals": class_names,
            "ticktext": [
                f"{name}  <b>{value}</b>  "
                for name, value in zip(class_names, probabilities, strict=True)
            ],
        },
        dragmode=False,
    )
