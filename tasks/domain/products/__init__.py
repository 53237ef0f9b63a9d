"""The nouns handed from stage to stage: small facts by value, files by reference.

``artifact`` is never one of these: in this project it always means Prefect's.
"""

from tasks.domain.products.base import Product, StoredFile
from tasks.domain.products.bundles import Bundle
from tasks.domain.products.comparisons import Challenge, Comparison
from tasks.domain.products.data import ApprovedDataset, Dataset, Finding, QualityReport
from tasks.domain.products.models import (
    BaseModelFolder,
    GeneralLoss,
    GgufModel,
    LoraAdapter,
    Prepared,
    Trained,
    TrainingPlan,
    TrainingRecord,
)
from tasks.domain.products.prompts import ToolDocuments, ToolPrompt, Turns
from tasks.domain.products.scores import (
    BaseAnswers,
    BenchmarkReport,
    Breadth,
    BreadthAnswer,
    BreadthAnswers,
    BreadthPlan,
    BreadthRates,
    Evaluation,
    Latency,
    LoopCase,
    Rate,
    Score,
    ValidationReport,
)
from tasks.domain.products.tools import Offer, Tool, ToolResult, Toolset

__all__ = [
    "ApprovedDataset",
    "BaseAnswers",
    "BaseModelFolder",
    "BenchmarkReport",
    "Breadth",
    "BreadthAnswer",
    "BreadthAnswers",
    "BreadthPlan",
    "BreadthRates",
    "Bundle",
    "Challenge",
    "Comparison",
    "Dataset",
    "Evaluation",
    "Finding",
    "GeneralLoss",
    "GgufModel",
    "Latency",
    "LoopCase",
    "LoraAdapter",
    "Offer",
    "Prepared",
    "Product",
    "QualityReport",
    "Rate",
    "Score",
    "StoredFile",
    "Tool",
    "ToolDocuments",
    "ToolPrompt",
    "ToolResult",
    "Toolset",
    "Trained",
    "TrainingPlan",
    "TrainingRecord",
    "Turns",
    "ValidationReport",
]
