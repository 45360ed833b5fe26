"""Writes fitted models as files that say what they compute, number by number, and need no Python to be served.

    import millwright.export
    millwright.export.save(model, "model.millwright.safetensors")

The exporter reads the fitted attributes of an estimator; it runs none of its code in the server. What it does not know it
refuses by name: a model is exported whole or not at all.
"""
from .graph import NotExportable
from .model import export, save

__all__ = ["NotExportable", "export", "save"]
