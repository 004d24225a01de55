"""What the sections of a recipe are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

Ratio = Annotated[float, Field(ge=0, le=1)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Section(BaseModel):
    """Frozen; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _place(place: str, info: ValidationInfo) -> str:
    """An s3:// URL, or an absolute path: a relative one is taken from the recipe's folder."""
    place = place.removeprefix("file://")
    if place.startswith("s3://"):
        return place
    if "://" in place:
        raise ValueError(f"{place}: a list is a local path or an s3:// URL")
    folder: Path = (info.context or {}).get("folder", Path())
    return str(folder / Path(place).expanduser())


Place = Annotated[str, Field(min_length=1), AfterValidator(_place)]
