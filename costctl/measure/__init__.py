"""Levers' parameters from stored rows: each with its method, its sample and its limit, or a reason why not."""

from costctl.measure.base import Estimate, Estimator, Measured, Place, Settings
from costctl.measure.run import Findings, measure

__all__ = ["Estimate", "Estimator", "Findings", "Measured", "Place", "Settings", "measure"]
