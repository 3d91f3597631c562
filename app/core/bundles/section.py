"""What all sections of a bundle's files have in common: they are frozen, and hold what is known."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of `bundle.json` or `adaptation.json`; unknown keys and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
