"""Files that hang on objects, their bytes stored once by content."""
