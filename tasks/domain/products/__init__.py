"""The nouns handed from stage to stage: small facts by value, files by reference.

``artifact`` is never one of these: in this project it always means Prefect's.
"""

from tasks.domain.products.base import Product, StoredFile
from tasks.domain.products.breadth import (
    Breadth,
    BreadthAnswer,
    BreadthAnswers,
    BreadthPlan,
    BreadthRates,
)
from tasks.domain.products.bundles import Bundle
from tasks.domain.products.comparisons import AdapterComparison, Challenge, Comparison
from tasks.domain.products.confidence import (
    Calibration,
    ConfidenceReport,
    PromptsConfidence,
    RiskCoverage,
    Signals,
    ThresholdEffect,
)
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
from tasks.domain.products.rates import Rate
from tasks.domain.products.scores import (
    AdapterAnswers,
    BaseAnswers,
    BenchmarkReport,
    Evaluation,
    Latency,
    LoopCase,
    Score,
    ServedScore,
    ValidationReport,
)
from tasks.domain.products.tools import Offer, Tool, ToolResult, Toolset
