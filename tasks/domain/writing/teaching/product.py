"""What a teacher's stage hands on."""

from tasks.domain.products import Product, StoredFile


class Phrasebook(Product):
    """The requests that a teacher wrote for tools that no shipped book speaks for."""

    file: StoredFile | None = None
    """None where nothing was to be written, or nobody is there to write."""
    lines: int = 0
    rejections: int = 0
    notes: tuple[str, ...] = ()
    """What was written and what it cost; or what it would cost."""
