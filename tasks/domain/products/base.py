"""What all products have in common, and files by reference."""

from tasks.domain import Frozen


class Product(Frozen):
    """Something a stage made; never changed afterwards."""


class StoredFile(Product):
    """A file or folder in the run's storage; ``sha256`` of a folder covers names and contents."""

    uri: str
    sha256: str
    size_bytes: int
