"""One file for each kind of row; ``desk`` holds what all of them are written from."""
