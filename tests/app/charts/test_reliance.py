from app.charts import reliance
from app.core.reliance.figures import Figure
from app.core.reliance.words import Line
from app.core.statistics.metrics import Proportion


def line(name, successes, total):
    return Line(name, "what counts", Figure(Proportion(successes, total), (), ()))


def test_every_figure_with_a_denominator_has_a_point_and_an_interval():
    lines = [
        line("Right, before the model", 3, 4), line("Right, in the end", 1, 4),
        line("Automation bias", 0, 0),
    ]  # fmt: skip

    drawn = reliance.proportions(lines)

    assert [(trace.x[0], trace.y[0]) for trace in drawn.data] == [
        (75.0, "Right, before the model"), (25.0, "Right, in the end"),
    ]  # fmt: skip
    before, after = drawn.data
    assert before.marker.symbol != after.marker.symbol
    assert before.error_x.array[0] > 0
    assert "75.0 % (30.1 to 95.4 %; 3 of 4)" in before.hovertext
    assert "Automation bias none" in reliance.describe(lines)
