"""The page Performance on a bundle of nine predictions."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.core.bundles.bundle import load_bundle

MAIN = Path(__file__).parents[3] / "app" / "main.py"
PAGE = "views/performance.py"

# At 0.5: 3 of 4 positives found, 2 of 3 negatives cleared, two images wrong.
ROWS = [
    ("test", "p1", "", 0, 0.10),
    ("test", "p1", "", 0, 0.80),
    ("test", "p2", "", 0, 0.20),
    ("test", "p3", "bacteria", 1, 0.90),
    ("test", "p3", "bacteria", 1, 0.30),
    ("test", "p4", "virus", 1, 0.60),
    ("test", "p5", "virus", 1, 0.55),
    ("val", "p6", "", 0, 0.40),
    ("val", "p7", "bacteria", 1, 0.80),
]


def open_page():
    return AppTest.from_file(MAIN, default_timeout=60).switch_page(PAGE).run()


def key_of(models, name="light"):
    return f"performance_threshold_{load_bundle(models / name).sha256[:12]}"


def view(at, name):
    return at.segmented_control(key="performance_view").set_value(name).run()


def cards(at):
    return {metric.label: metric for metric in at.metric}


def captions(at):
    return " ".join(caption.value for caption in at.caption)
