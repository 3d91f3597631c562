"""Every error of the app is shown as its sentence, and the rest of the page with it."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[3] / "app"
DRAWING = sorted([*(APP / "ui").rglob("*.py"), *(APP / "views").rglob("*.py"), APP / "main.py"])


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def is_guarded(value: ast.expr) -> bool:
    """Whether it is made by `errors.callback`, does nothing, or is a mode such as `rerun`."""
    does_nothing = isinstance(value, ast.Lambda) and isinstance(value.body, ast.Constant)
    return (
        does_nothing
        or isinstance(value, ast.Constant)
        or (isinstance(value, ast.Call) and ast.unparse(value.func) == "errors.callback")
    )


def test_every_callback_is_made_by_the_one_that_catches_errors():
    found = [
        (path, keyword.arg, keyword.value)
        for path in DRAWING
        for call in calls(path)
        for keyword in call.keywords
        if (keyword.arg or "").startswith("on_")
    ]

    assert len(found) > 10
    assert not [
        f"{path.relative_to(APP)}:{value.lineno} {name}"
        for path, name, value in found
        if not is_guarded(value)
    ]


@pytest.mark.parametrize("name", ["fragment", "dialog"])
def test_what_is_drawn_without_the_page_catches_errors(name):
    used = [
        path.name
        for path in DRAWING
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == f"st.{name}"
    ]

    assert set(used) <= {"errors.py"}


def script() -> None:
    import streamlit as st

    from app.core.errors import OverreadError
    from app.ui import errors

    def fail() -> None:
        raise OverreadError("The disk is full.")

    @errors.fragment(run_every=60)
    def part() -> None:
        st.button("Inside", on_click=errors.callback(fail), key="inside")
        if st.button("Draw", key="draw"):
            fail()

    errors.show_raised()
    with errors.handled():
        st.button("Outside", on_click=errors.callback(fail), key="outside")
        part()
        st.write("The rest of the page.")
        if st.checkbox("Broken"):
            fail()


@pytest.mark.parametrize("where", ["outside", "inside", "draw"])
def test_an_error_is_shown_once_wherever_it_is_raised(where):
    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.error

    at.button(key=where).click().run()
    assert not at.exception
    assert [error.value for error in at.error] == ["The disk is full."]
    assert "The rest of the page." in [text.value for text in at.markdown]
    assert not at.run().error


def test_an_error_leaves_the_page_at_its_positions_so_that_nothing_is_shown_twice():
    at = AppTest.from_function(script, default_timeout=60).run()
    before = {position: part.type for position, part in at.main.children.items()}

    at.button(key="outside").click().run()
    assert at.error
    after = {position: part.type for position, part in at.main.children.items()}
    assert {position: after[position] for position in before} == before


def test_an_error_of_the_page_itself_is_shown():
    at = AppTest.from_function(script, default_timeout=60).run()
    at.checkbox[0].check().run()

    assert not at.exception
    assert [error.value for error in at.error] == ["The disk is full."]
