"""What runs in the browser lies in files that linters read, and travels with the package."""

import re
from pathlib import Path

import pytest
import tinycss2

from app.ui import elements

APP = Path(__file__).parents[3] / "app"
STYLES = sorted(APP.rglob("*.css"))
FRONT_END = re.compile(r"<(style|script|div|svg)\b|export default|addEventListener|font-family:")


def faults(nodes) -> list[str]:
    """What a browser would pass over in silence, in rules and in what they hold."""
    found = []
    for node in nodes:
        if node.type == "error":
            found.append(f"line {node.source_line}: {node.message}")
        elif node.type == "qualified-rule":
            found += faults(tinycss2.parse_declaration_list(node.content, skip_comments=True))
    return found


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_every_style_sheet_is_complete(path):
    sheet = tinycss2.parse_stylesheet(
        path.read_text(encoding="utf-8"), skip_comments=True, skip_whitespace=True
    )

    assert not faults(sheet)


def test_a_fault_in_a_style_sheet_is_found():
    assert faults(tinycss2.parse_stylesheet("a { color red; }"))
    assert not faults(tinycss2.parse_stylesheet("a { color: red; }"))


def test_no_python_file_holds_what_a_browser_runs():
    holding = [p.name for p in APP.rglob("*.py") if FRONT_END.search(p.read_text("utf-8"))]

    assert not holding


def test_a_script_is_assembled_of_what_it_imports_each_file_once_and_first(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "component.js").write_text(
        'import { one } from "./parts/one.js";\nimport {\n  two,\n} from "./parts/two.js";\n'
        "export default function () { one(two); }\n"
    )
    (tmp_path / "parts" / "one.js").write_text(
        'import { two } from "./two.js";\nexport const one = () => two;\n'
    )
    (tmp_path / "parts" / "two.js").write_text("export class two {}\n")

    script = elements.assemble(tmp_path / "component.js")

    assert script == (
        "class two {}\n\nconst one = () => two;\n\nexport default function () { one(two); }\n"
    )
