"""What the gate compares and when similar films contradict: the section `reference`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from app.core.bundles.section import Section

# In place of a layer: what the network is given.
PIXELS = "pixels"
# Of the name of a kind, which stands in a sentence.
MOST_LETTERS = 80


class FeatureLayer(Section):
    """A layer whose features say how familiar an image is; `pixels` is the network's input.

    Its map is divided into `grid` x `grid` cells. A feature is the mean of a channel over a cell;
    with `spread`, the standard deviation over each cell is one as well.
    """

    layer: str = Field(min_length=1)
    grid: int = Field(default=1, ge=1, le=16)
    spread: bool = False


class Contradictions(Section):
    """When the films most like an image contradict the model, and how often they did on test films.

    `votes` is how many of the 11 nearest films must agree on another answer; None if no number was
    found that speaks up rarely and with reason, and then none does. On test films that was
    `on_wrong` of `wrong` answers, and `on_right` of `right` ones. With findings, each has its own.
    """

    finding: str = ""
    votes: int | None = Field(ge=6, le=11)
    on_wrong: int = Field(ge=0)
    wrong: int = Field(ge=0)
    on_right: int = Field(ge=0)
    right: int = Field(ge=0)

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        if self.on_wrong > self.wrong or self.on_right > self.right:
            raise ValueError(
                f"{self.on_wrong} of {self.wrong} wrong and {self.on_right} of {self.right} right "
                "answers are contradicted"
            )
        return self


class OtherKind(Section):
    """A kind of image that the model is not for, and how many of those held out are refused.

    `name` completes the sentence `This image looks like …`. Half of the images at hand show what
    such images look like; of the other half, `refused` of `of` are refused, for whatever reason.
    """

    name: str = Field(min_length=1, max_length=MOST_LETTERS)
    refused: int = Field(ge=0)
    of: int = Field(ge=1)

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        if self.refused > self.of:
            raise ValueError(f"{self.refused} images of a kind are refused of {self.of}")
        return self


class Reference(Section):
    """How images are told that are unlike those the model was trained on.

    The numbers themselves are in files of the bundle. The limit rests on the distance that the
    proportion `limit_share` of the validation images exceed; `refused` says how many `of` them are
    refused, in older bundles without what rules refuse. `faults` are the ways to be wrong that can
    be named, such as `inverted`. `reads_markers` says whether the letter R of a side marker could
    be read in training images; without, none is looked for. `contradictions` is one for the task,
    or one for each finding; older ones have none. `other_kinds` are foreign kinds that were shown
    to be told.
    """

    layers: tuple[FeatureLayer, ...] = Field(min_length=1)
    limit_share: float = Field(gt=0, lt=1)
    refused: int = Field(ge=0)
    of: int = Field(ge=1)
    faults: tuple[str, ...] = ()
    reads_markers: bool = True
    contradictions: tuple[Contradictions, ...] = ()
    other_kinds: tuple[OtherKind, ...] = ()

    def contradictions_of(self, finding: str) -> Contradictions | None:
        """When the films most like an image contradict the model; None if that was not measured.

        Args:
            finding: Name of a finding; empty for a `one-of` task.
        """
        return next((one for one in self.contradictions if one.finding == finding), None)

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        if self.refused > self.of:
            raise ValueError(f"{self.refused} images are refused of {self.of}")
        return self
