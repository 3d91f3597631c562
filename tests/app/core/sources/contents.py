"""What tests ask of sources: their names, bytes and reasons."""

import pytest

from app.core.errors import ImageError


def names(found, base):
    return [source.name.removeprefix(f"{base}/") for source in found]


def reason(source):
    with pytest.raises(ImageError) as caught:
        source.read()
    return caught.value


def codes(found):
    """Code of each source, or its bytes where it can be read."""
    result = []
    for source in found:
        try:
            result.append(source.read())
        except ImageError as error:
            result.append(error.code)
    return result


def sentence(found):
    """Why the only one of these sources gives nothing."""
    (source,) = found
    return str(reason(source))


def denied(path, *_):
    raise PermissionError(13, "Permission denied", str(path))
