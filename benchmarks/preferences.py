"""Does a preference stage after the training help? Mistakes of a trained model become pairs.

    python -m benchmarks.generalisation time --ways "and a phrasebook" --keep kept
    python -m benchmarks.preferences time kept/time-3407-0 [--requests 400] [--sft 1]

The model is asked new requests of the training side (another seed, no held-out phrasing). Where its
first answer is not the expected one, the expected is preferred to it by direct preference
optimisation (Rafailov et al. 2023, NeurIPS 36, equation 7), with the trained adapter itself as
reference. TRL's trainer would read the tool list twice for each pair; here the pairs of a step
stand behind it once, as rows do in training. ``--sft`` adds the loss of the preferred answers, as
in iterative reasoning preference optimisation (Pang et al. 2024, NeurIPS 37). Both models are then
asked the held-out and the hand-written test prompts; the table goes to standard output.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.generalisation import answered, base_folder, export, recipe_for, rows_of
from profiles import Recipe
from tasks.domain.conversations import Row
from tasks.domain.evaluation.evaluation_set import hand_written_rows
from tasks.domain.evaluation.scoring import judge_answer, score
from tasks.domain.reports import METRICS, rate, table
from tasks.external.servers import at_home
from tasks.external.tokenizer import ChatTokenizer

NEW_SEED = 77
"""Of the requests that the model is asked: not the rows that it was trained on."""
WARM_UP_STEPS = 3


@dataclass(frozen=True)
class Pair:
    """A prompt of so many tokens, with the expected answer and with the model's own."""

    prompt: int
    preferred: list[int]
    rejected: list[int]
    mistake: str


def main() -> None:
    """Ask, prefer, ask again, and print what changed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("folder", type=Path, help="what benchmarks.generalisation --keep has left")
    parser.add_argument("--profile", default="cpu")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--pairs-a-step", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--beta", type=float, default=0.1)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--sft", type=float, default=0.0)
    options = parser.parse_args()
    recipe = recipe_for(options.server, options.model, options.profile, 0, 3407)
    pairs = mined(recipe, options.folder, options.requests)
    sys.stdout.write(f"{len(pairs)} pairs: {dict(Counter(pair.mistake for pair in pairs))}\n")
    gguf = preferred(recipe, options.folder, pairs, options)
    sys.stdout.write(compared(recipe, {"before": options.folder / "model.gguf", "after": gguf}))


def mined(recipe: Recipe, folder: Path, requests: int) -> list[Pair]:
    """The pairs of all new requests that the model does not answer as expected."""
    data = recipe.profile.data.model_copy(update={"seed": NEW_SEED, "samples": requests})
    rows = rows_of(recipe, data).train
    tokenizer = ChatTokenizer(base_folder(recipe, folder))
    (texts,) = answered(recipe, folder / "model.gguf", rows)
    pairs = (_pair(tokenizer, row, text) for row, text in zip(rows, texts, strict=True))
    return [pair for pair in pairs if pair is not None]


def _pair(tokenizer: ChatTokenizer, row: Row, text: str) -> Pair | None:
    outcome = judge_answer(row, text)
    if outcome.exact:
        return None
    encoded = tokenizer.encode(row)
    start = encoded.trained.index(True)
    rest = encoded.trained[start:]
    end = start + (rest.index(False) if False in rest else len(rest))
    own = [*tokenizer.ids(text.strip()), encoded.ids[end - 1]]
    if row.tool is None:
        mistake = "call without need"
    elif outcome.right_tool:
        mistake = "wrong arguments"
    else:
        mistake = "wrong tool" if outcome.called_tool else "no call"
    return Pair(start, encoded.ids[:end], encoded.ids[:start] + own, mistake)


def preferred(
    recipe: Recipe, folder: Path, pairs: Sequence[Pair], options: argparse.Namespace
) -> Path:
    """The GGUF file of the adapter after the preference stage."""
    from tasks.external.trainer import engine

    profile, base = recipe.profile, base_folder(recipe, folder)
    model, _ = engine.load_model(base, recipe.model, profile.lora, profile.training)
    _set_adapter(model, folder / "adapter")
    started = time.monotonic()
    _optimise(model, pairs, options)
    sys.stdout.write(f"preference stage: {time.monotonic() - started:.0f} s\n")
    return export(model, recipe, base, folder / f"preferred-{int(time.time())}")


def _set_adapter(model: Any, folder: Path) -> None:
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    set_peft_model_state_dict(model, load_file(str(folder / "adapter_model.safetensors")))


def _optimise(model: Any, pairs: Sequence[Pair], options: argparse.Namespace) -> None:
    import torch
    from torch.nn.functional import logsigmoid

    size, random_order = options.pairs_a_step, random.Random(1)
    with torch.no_grad():
        parts = [log_probabilities(model, pairs[n : n + size]) for n in range(0, len(pairs), size)]
    reference = torch.cat([preferred - rejected for preferred, rejected, _ in parts])
    order = list(range(len(pairs)))
    steps: list[list[int]] = []
    for _ in range(options.epochs):
        random_order.shuffle(order)
        steps += [order[n : n + size] for n in range(0, len(order), size)]
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=options.learning_rate, weight_decay=0.0)
    for number, places in enumerate(steps):
        share = min(1, (number + 1) / WARM_UP_STEPS) * (1 - number / len(steps))
        optimiser.param_groups[0]["lr"] = options.learning_rate * share
        better, worse, lengths = log_probabilities(model, [pairs[place] for place in places])
        margin = better - worse - reference[places]
        loss = -logsigmoid(options.beta * margin).mean() - options.sft * (better / lengths).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()


def log_probabilities(model: Any, pairs: Sequence[Pair]) -> tuple[Any, Any, Any]:
    """Of the preferred and of the rejected answers, summed over tokens; tokens of the preferred.

    Each [pairs]. All answers stand in one pack behind the tokens that their prompts share.
    """
    import torch

    from tasks.external.trainer import attention
    from tasks.external.trainer.packs import IGNORED, shared_prefix_length

    answers = [(p.prompt, p.preferred) for p in pairs] + [(p.prompt, p.rejected) for p in pairs]
    rows = [{"input_ids": ids, "labels": [IGNORED] * start + ids[start:]} for start, ids in answers]
    prefix = shared_prefix_length(rows)
    ids, positions = list(answers[0][1][:prefix]), list(range(prefix))
    places: list[int] = []
    for start, tokens in answers:
        offset = len(ids) - prefix
        ids += tokens[prefix:]
        positions += range(prefix, len(tokens))
        places += range(offset + start - 1, offset + len(tokens) - 1)
    network = model.get_base_model()
    with attention.over_packs(model):
        hidden = network.model(
            input_ids=torch.tensor([ids]), position_ids=torch.tensor([positions]), use_cache=False
        ).last_hidden_state[0]
    logarithms = network.lm_head(hidden[places]).float().log_softmax(-1)
    targets = torch.tensor([token for start, tokens in answers for token in tokens[start:]])
    lengths = [len(tokens) - start for start, tokens in answers]
    of_tokens = logarithms[torch.arange(len(targets)), targets]
    sums = torch.stack([part.sum() for part in of_tokens.split(lengths)])
    return *sums.chunk(2), torch.tensor(lengths[: len(pairs)], dtype=torch.float)


def compared(recipe: Recipe, models: dict[str, Path]) -> str:
    """A table of both models' rates on held-out and hand-written test prompts."""
    heldout = rows_of(recipe, recipe.profile.data).heldout
    sets = {
        "held-out": heldout,
        "hand-written": hand_written_rows(at_home(recipe.server).test_prompts, heldout[0].tools),
    }
    texts = [answered(recipe, gguf, *sets.values()) for gguf in models.values()]
    lines = []
    for place, (name, rows) in enumerate(sets.items()):
        scores = [score(rows, of_model[place]) for of_model in texts]
        lines += [
            [name, label, *(rate(getattr(one, metric)) for one in scores)]
            for metric, label in METRICS.items()
        ]
    return table(["prompts", "", *models], lines)


if __name__ == "__main__":
    main()
