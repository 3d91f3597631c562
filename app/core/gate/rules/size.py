"""The film is too small for the model to see what it was trained to see."""

from __future__ import annotations

from app.core.errors import RefusedImageError
from app.core.gate.rules.look import Look

# A film may be enlarged to the network's input by this factor at most.
MOST_ENLARGED = 2.0


def check_size(look: Look) -> None:
    """Refuses a film much smaller than the network's input and than the training films.

    Raises:
        RefusedImageError: If it is one.
    """
    rows, columns = look.shape
    wanted = min(look.network_input.height, look.network_input.width)
    if max(rows, columns) * MOST_ENLARGED < wanted and look.is_below("size"):
        raise RefusedImageError(
            "small_for_model",
            f"The film has {columns} × {rows} pixels; this model looks at "
            f"{look.network_input.width} × {look.network_input.height} and would see mostly "
            "enlarged pixels. Export the film at its full resolution, not as a thumbnail.",
        )
