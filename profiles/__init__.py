"""What a person tunes: training profiles, models and servers. The only reader of these files.

Adding a profile, a model or a server is adding one file. "Profile" here is a training profile;
Prefect's own "profiles" (its API addresses) are something else.
"""

from profiles.changes import profile_text
from profiles.files import FOLDER
from profiles.load import (
    deployed_models,
    deployed_servers,
    find_server,
    load_model,
    load_model_deployment,
    load_profile,
    load_recipe,
    load_server,
    load_server_deployment,
    models,
    resolve_server,
    servers,
    training_profiles,
)
from profiles.model import Architecture, Model, Source
from profiles.phrasebook import (
    PhrasebookFile,
    PhrasebookFiles,
    PhrasebookLimits,
    load_phrasebook_limits,
    load_phrasebooks,
)
from profiles.recipe import Recipe
from profiles.section import UNREADABLE, ProfileError, Quantization, explain
from profiles.server import VARIABLE, HandWrittenPrompt, Server, Workspace
from profiles.teacher import USUAL_CONCURRENCY, USUAL_PRICES, PhrasebookPlan, TeacherPlan
from profiles.training import (
    Data,
    EvaluationPlan,
    Lora,
    OwnData,
    Profile,
    Promotion,
    Quality,
    Scenarios,
    Thresholds,
    ToolsInPrompt,
    Training,
)
