"""Overlays of many films in one ZIP file, which is written while they are drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile

from app.core.exports.contents import Contents
from app.core.exports.overlays import Drawn
from app.core.exports.provenance import provenance
from app.core.images.own_pictures import SCALE_TEXT
from app.core.rendering import heatmaps, png_text

README = "README.txt"
# Longer side of an overlay in pixels.
SIDE = 1024


def write_overlays(
    file: BinaryIO, contents: Contents, draw: Callable[[int], Drawn], *, missing: Counter[str]
) -> Iterator[int]:
    """Writes a picture of each film with its heatmap, one at a time.

    A picture is named by the number of its film in the worklist and the digest of the film, as the
    tables name it; names of files may not be unique, or name a patient.

    Args:
        file: Where to write; it need not be able to go back.
        contents: The worklist.
        draw: Draws its films.
        missing: Counts films without a picture by reason code.

    Yields:
        How many films are done.
    """
    with ZipFile(file, "w", ZIP_STORED) as archive:  # PNG is compressed already
        for item, result in enumerate(contents.results):
            found = draw(item)
            if found.pixels is None or result is None:
                missing[found.problem or "pending"] += 1
            else:
                picture = heatmaps.png(found.pixels)
                if found.scale is not None:
                    picture = png_text.with_text(picture, SCALE_TEXT, f"{found.scale!r} logits")
                archive.writestr(f"{item + 1:06d}_{result.image_id}.png", picture)
            yield item + 1
        archive.writestr(README, _about(contents, missing))


def _about(contents: Contents, missing: Counter[str]) -> str:
    lines = ["Research use only, not a medical device.", "", contents.worklist.name]
    lines += [f"{name}: {value}" for name, value in provenance(contents)]
    lines += [
        "",
        "Pictures are named by the film's number in the worklist, which is `item` + 1 in tables, "
        "and its SHA-256.",
    ]
    lines += [
        f"without a picture: {count:,} {code.replace('_', ' ')}"
        for code, count in sorted(missing.items())
    ]
    return "\n".join(lines) + "\n"
