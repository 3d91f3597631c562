"""Public functions document their parameters and errors, and arrays their shape and colours."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AREAS = (
    "app",
    "benchmarks",
    "model_training",
    "tools",
)
FILES = [path for area in AREAS for path in sorted(ROOT.glob(f"{area}/**/*.py"))]

# "See `roc_curve`." sends the reader to where the same arguments are described.
_REFERENCE = r"\b[Ss]ee `|\b[Aa]s (?:in|for) `"
# A shape in backticks, such as `(rows, columns, 3)`.
_SHAPE = re.compile(r"`\([^`]*\)`|[Ss]ame shape|[Ss]hape of `|" + _REFERENCE)
_COLOURS = re.compile(r"RGB|BGR|grey|channels|" + _REFERENCE)
# Exceptions that are no news to a caller.
_UNDOCUMENTED = {"AssertionError", "StopIteration", "SystemExit"}

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _public_functions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    for node in tree.body:
        if isinstance(node, _Function) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for member in node.body:
                if isinstance(member, _Function) and (
                    not member.name.startswith("_") or member.name == "__init__"
                ):
                    yield f"{node.name}.{member.name}", member


def _public_classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node


def _parameters(function: _Function) -> list[ast.arg]:
    given = function.args
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [one for one in found if one.arg not in ("self", "cls") and not one.arg.startswith("_")]


def _all_parameters(function: _Function) -> set[str]:
    given = function.args
    several = [one for one in (given.vararg, given.kwarg) if one is not None]
    return {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, *several)}


def _annotation(node: ast.expr | None) -> str:
    return ast.unparse(node) if node is not None else ""


def _described(docstring: str) -> dict[str, str]:
    """Name -> description, from the section `Args:`."""
    section = re.search(r"^Args:\n((?:(?: .*)?\n?)*)", docstring, re.MULTILINE)
    if not section:
        return {}
    entries = re.split(r"^    (?=[\w*`])", section.group(1), flags=re.MULTILINE)
    return {
        name.strip(" *`"): text
        for entry in entries
        if ":" in entry
        for names, _, text in [entry.partition(":")]
        for name in names.split(",")
    }


def _layout_gaps(what: str, annotation: str, text: str) -> Iterator[str]:
    """Shape or colour order that the description of an array leaves out."""
    is_array = re.search(r"NDArray|ArrayLike", annotation) and "Callable" not in annotation
    if is_array and not _SHAPE.search(text):
        yield f"no shape of {what}"
    if is_array and "uint8" in annotation and not _COLOURS.search(text):
        yield f"no colour order of {what}"


def _function_gaps(function: _Function) -> Iterator[str]:
    docstring = ast.get_docstring(function) or ""
    if re.match(r"See `[\w.]+`\.$", docstring):  # implements a documented interface
        return
    described, parameters = _described(docstring), _parameters(function)
    absent = [one.arg for one in parameters if one.arg not in described]
    if len(parameters) >= 2 and absent:
        yield f"Args lacks {', '.join(absent)}"
    for name, text in described.items():
        if re.fullmatch(r"\w+", name) and name not in _all_parameters(function):
            yield f"Args names {name}, which is not a parameter"
        elif not text.strip():
            yield f"Args says nothing of {name}"
    for one in parameters:
        text = described.get(one.arg, docstring)
        yield from _layout_gaps(one.arg, _annotation(one.annotation), text)
    yield from _layout_gaps("what is returned", _annotation(function.returns), docstring)
    raised = {
        ast.unparse(node.exc.func).split(".")[-1]
        for node in ast.walk(function)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    for error in sorted(raised - _UNDOCUMENTED):
        # A helper that builds the error, such as `_damaged()`, does not give its class away.
        wanted = error if error[:1].isupper() else "Raises:"
        if wanted not in docstring:
            yield f"Raises lacks {error}"


def _class_gaps(node: ast.ClassDef) -> Iterator[str]:
    docstring = ast.get_docstring(node) or ""
    for member in node.body:
        if isinstance(member, ast.AnnAssign):
            yield from _layout_gaps(
                ast.unparse(member.target), _annotation(member.annotation), docstring
            )


def gaps(path: Path) -> list[str]:
    """What the docstrings of a file leave out, one line for each gap."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"{path.name}:{function.lineno} {name}: {gap}"
        for name, function in _public_functions(tree)
        if not any("setter" in ast.unparse(one) for one in function.decorator_list)
        for gap in _function_gaps(function)
    ]
    return found + [
        f"{path.name}:{node.lineno} {node.name}: {gap}"
        for node in _public_classes(tree)
        for gap in _class_gaps(node)
    ]


# Where docstrings send the reader: "See `roc_curve`."
_POINTERS = re.compile(r"\b(?:[Ss]ee|[Aa]s (?:in|for)) `([\w.]+)`")


def _identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, _Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_docstrings_point_to_what_exists() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
    known = {name for tree in trees.values() for name in _identifiers(tree)}
    known |= {path.stem for path in FILES}
    dangling = [
        f"{path.relative_to(ROOT)}:{node.lineno} {pointer}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, _Function | ast.ClassDef) and not node.name.startswith("_")
        for pointer in _POINTERS.findall(ast.get_docstring(node) or "")
        if not set(pointer.split(".")) <= known
    ]

    assert not dangling


@pytest.mark.parametrize(
    ("source", "gap"),
    [
        ("def f(a, b):\n    '''F.\n\n    Args:\n        a: A.\n    '''", "Args lacks b"),
        (
            "def f(a):\n    '''F.\n\n    Args:\n        b: B.\n    '''",
            "b, which is not a parameter",
        ),
        ("def f(a):\n    '''F.\n\n    Args:\n        a:\n    '''", "says nothing of a"),
        ("def f(a: NDArray[np.float64]):\n    '''F of the logits.'''", "no shape of a"),
        ("def f(a: NDArray[np.uint8]):\n    '''F, `(n, 3)`.'''", "no colour order of a"),
        ("def f():\n    '''F.'''\n    raise ValueError('x')", "Raises lacks ValueError"),
    ],
)
def test_a_gap_is_found(source: str, gap: str, tmp_path: Path) -> None:
    path = tmp_path / "f.py"
    path.write_text(source, encoding="utf-8")

    (found,) = gaps(path)
    assert gap in found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_are_complete(path: Path) -> None:
    assert not gaps(path)


@pytest.mark.parametrize(
    "module",
    [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in FILES
        if ">>> " in path.read_text(encoding="utf-8")
    ],
)
def test_examples_run(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    outcome = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert outcome.attempted
    assert not outcome.failed
