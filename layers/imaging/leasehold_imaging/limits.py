"""How much one picture may cost."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ImageTooLarge

MEBIBYTE = 1024 * 1024
MEGAPIXEL = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one picture may cost; whatever is over a limit is an `ImageTooLarge`.

    max_pixels            width x height of the picture, or of the canvas of an animation
    max_bytes             of the file
    max_seconds           from bytes to thumbnails
    max_memory            bytes that decoding may take, held by the contained worker's address space
    max_frames            of an animation; it is cut short there
    max_animation_pixels  decoded for an animation, over all of its frames; it is cut short there
    """

    max_pixels: int = 100 * MEGAPIXEL
    max_bytes: int = 50 * MEBIBYTE
    max_seconds: float = 30.0
    max_memory: int = 1536 * MEBIBYTE
    max_frames: int = 500
    max_animation_pixels: int = 100 * MEGAPIXEL

    def frames_of(self, canvas: int, kept: int) -> int:
        """How many frames of an animation may be read, each of `canvas` pixels, of which `kept` are kept."""
        most = min(self.max_frames, self.max_animation_pixels // canvas, self.max_animation_pixels // (2 * kept))
        return max(1, most)

    def check_bytes(self, count: int) -> None:
        if count > self.max_bytes:
            raise ImageTooLarge(f"the file has {count:,} bytes, more than the {self.max_bytes:,} that are allowed")

    def check_memory(self, least: int) -> None:
        if least > self.max_memory:
            raise ImageTooLarge(
                f"the picture takes at least {least / MEBIBYTE:,.0f} MiB of memory, "
                f"more than the {self.max_memory / MEBIBYTE:,.0f} that are allowed"
            )

    def check_pixels(self, width: int, height: int) -> None:
        if width * height > self.max_pixels:
            raise ImageTooLarge(
                f"the picture is {width:,} x {height:,} pixels, "
                f"more than the {self.max_pixels / MEGAPIXEL:g} megapixels that are allowed"
            )
