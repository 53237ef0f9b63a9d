"""What all products have in common, and files by reference."""

from pydantic import BaseModel, ConfigDict


class Product(BaseModel):
    """Something a stage made; never changed afterwards."""

    model_config = ConfigDict(frozen=True)


class StoredFile(Product):
    """A file or folder in the run's storage; ``sha256`` of a folder covers names and contents."""

    uri: str
    sha256: str
    size_bytes: int
