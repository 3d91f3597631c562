"""The size of a network's input, how a film is fitted to it, and which films it is for."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from app.core.bundles.section import Section


class Input(Section):
    """The network's input size, how a film is read and fitted to it, and what it may show.

    `window` is the values of black and white with which files were read for training that do not
    state them; None if there were none, and in older bundles. `body_parts` and `views` are DICOM
    terms such as `CHEST` and `PA`, `ages` the youngest and oldest patient in whole years; a film
    whose file states others is refused. Empty or None allows any.
    """

    height: int = Field(ge=16, le=4096)
    width: int = Field(ge=16, le=4096)
    channels: Literal[1, 3]
    fit: Literal["stretch", "pad"]
    modalities: tuple[str, ...] = ()
    window: tuple[float, float] | None = None
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    ages: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _ages_ordered(self) -> Self:
        if self.ages is not None and not 0 <= self.ages[0] <= self.ages[1]:
            raise ValueError(f"ages are {list(self.ages)}; expected the youngest and the oldest")
        return self

    @model_validator(mode="after")
    def _window_ordered(self) -> Self:
        if self.window is not None and self.window[0] >= self.window[1]:
            raise ValueError(f"window is {list(self.window)}; expected black below white")
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Older versions of Overread read bundles that use nothing they do not know."""
        content: dict[str, Any] = handler(self)
        for name in ("window", "body_parts", "views", "ages"):
            if not content[name]:
                del content[name]
        return content
