"""A teacher's plan that asks at once and gives up soon."""

from typing import Any

PLAN: dict[str, Any] = {
    "endpoint": "http://127.0.0.1:9/v1",
    "model": "someone",
    "licence": "none",
    "language": "en",
    "temperature": 0.7,
    "concurrency": 1,
    "attempts": 3,
    "backoff_seconds": 0.01,
    "longest_wait_seconds": 5,
    "timeout_seconds": 60,
    "max_answer_tokens": 64,
    "max_tokens": 1_000_000,
    "price_per_million_in": 1.0,
    "price_per_million_out": 10.0,
    "max_money": 100.0,
}
