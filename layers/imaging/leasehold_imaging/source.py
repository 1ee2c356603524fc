"""An opened picture: its header is read, its pixels are not yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from PIL import ImageFile

from .geometry import Size
from .orientation import orientation_in_exif
from .shrink import Shrunk, shrunk

FOREVER = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of an animation, and for how many milliseconds it is shown."""

    picture: Shrunk
    milliseconds: int


class Source(Protocol):
    """A picture of which only the header was read.

    size         as stored, in pixels
    orientation  how it has to be turned, 1 to 8 as in EXIF
    profile      its ICC profile, if it has one
    least_memory bytes that decoding takes for certain, of kinds whose decoders don't say so when they lack it
    """

    size: Size
    orientation: int
    profile: bytes | None
    least_memory: int

    def still(self, need: Size) -> Shrunk:
        """The picture, or an animation's first frame, at least as large as `need` or as it is."""
        ...

    def frames(self, need: Size) -> Iterator[Frame]:
        """The frames of an animation, likewise; nothing where the picture does not move."""
        ...

    def loops(self) -> int:
        """How many times an animation plays, FOREVER for without end; known after `frames`."""
        ...


class StillSource:
    """What the kinds that can't move have in common."""

    least_memory = 0

    def frames(self, need: Size) -> Iterator[Frame]:  # noqa: ARG002 - nothing moves, whatever is needed
        return iter(())

    def loops(self) -> int:
        return FOREVER


class PillowSource(StillSource):
    """A still picture that one of Pillow's plugins reads whole."""

    def __init__(self, file: ImageFile.ImageFile) -> None:
        self.file = file
        self.size: Size = file.size
        self.orientation = orientation_in_exif(file.info.get("exif"))
        self.profile: bytes | None = file.info.get("icc_profile")

    def still(self, need: Size) -> Shrunk:
        self.file.load()
        return shrunk(self.file, need)


class AnimatedPillowSource(PillowSource):
    """A picture of a kind that can move, read frame by frame by one of Pillow's plugins."""

    LOOPS_WHERE_NOTHING_IS_SAID = FOREVER

    def frames(self, need: Size) -> Iterator[Frame]:
        if not getattr(self.file, "is_animated", False):
            return
        for index in range(getattr(self.file, "n_frames", 1)):
            self.file.seek(index)
            self.file.load()
            yield Frame(shrunk(self.file, need), round(self.file.info.get("duration", 0)))

    def loops(self) -> int:
        return int(self.file.info.get("loop", self.LOOPS_WHERE_NOTHING_IS_SAID))
