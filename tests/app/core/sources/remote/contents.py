"""What tests ask of a place: to hold files, and what its sources give."""

from __future__ import annotations

import pytest

from app.core.errors import ImageError


def filled(place, files):
    for name, data in files.items():
        place.put(name, data)
    return place


def names(found, address):
    return [source.name.removeprefix(address).removeprefix("/") for source in found]


def reason(source):
    with pytest.raises(ImageError) as caught:
        source.read()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def codes(found):
    """Code of each source, or its bytes where it can be read."""
    return [one_code(source) for source in found]


def one_code(source):
    try:
        return source.read()
    except ImageError as error:
        return error.code


def sentence(found):
    """Why the only one of these sources gives nothing."""
    (source,) = found
    return str(reason(source))
