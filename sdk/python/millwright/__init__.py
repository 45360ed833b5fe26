"""The Python side of Millwright."""
