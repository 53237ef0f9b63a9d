"""What is known of a tool's parameters: their schemas, their kinds, what the operator says."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from profiles import Server
from tasks.domain.identifiers import name_words
from tasks.domain.products import Tool
from tasks.domain.schemas.references import Document
from tasks.domain.schemas.validation import usable
from tasks.domain.writing.values.endings import endings_of, holds_media, told_endings
from tasks.domain.writing.values.kinds import WRITERS
from tasks.domain.writing.values.meanings import (
    kind_of,
    kind_of_number,
    stated_fallback,
    without_sections,
)
from tasks.domain.writing.values.parameters import with_descriptions, with_required, wrapped
from tasks.domain.writing.values.settling import outline, settle, type_of


@dataclass(frozen=True)
class ToolParameters:
    """The parameters of one tool, with what its operator knows about their values."""

    tool: Tool
    server: Server
    server_values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, compare=False)
    """Values that the server named, by parameter."""
    names: frozenset[str] = frozenset()
    """The names of all tools of the list."""
    book_values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, compare=False)
    """A phrasebook's, by parameter."""
    file_endings: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """How files end, by parameter, as the descriptions of other tools of the list say."""

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that every call must have."""
        return tuple(self._schema.get("required", ()))

    def is_constant(self, name: str) -> bool:
        """Whether the operator fixed a parameter's value."""
        return self._from_operator(self.server.constants, name) is not None

    def is_wrapper(self, name: str) -> bool:
        """Whether a parameter only holds others, so that nobody speaks of it: ``flags``."""
        return name in self._wrappers

    @cached_property
    def _wrappers(self) -> dict[str, dict[str, Any]]:
        """The parameters of each parameter that only holds others."""
        return wrapped({n: self.settle(part) for n, part in self._properties.items()})

    def is_given(self, name: str) -> bool:
        """Whether the operator says which values a parameter has."""
        return self.is_constant(name) or self._from_operator(self.server.values, name) is not None

    def kind(self, name: str) -> str:
        """The kind of a parameter's strings, or its type where it has none."""
        return self._kinds.get(name, "words")

    def _kind(self, name: str) -> str:
        schema = self._of_one(name)
        if "enum" in schema or "const" in schema:
            return "enum"
        words, described = " ".join(name_words(name)), self.settled(name).get("description", "")
        if type_of(schema) in ("integer", "number"):
            return kind_of_number(words, described) or type_of(schema)
        if type_of(schema) != "string":
            return type_of(schema)
        if schema.get("format") in WRITERS:
            return str(schema["format"])
        kind = kind_of(words, described, self.about)
        return "file" if kind == "media file" and self._holds_media(name) else kind

    def _of_one(self, name: str) -> dict[str, Any]:
        """The schema of a parameter's single value: of the items where it takes several."""
        schema = self.settled(name)
        return self.settle(schema.get("items", {})) if type_of(schema) == "array" else schema

    def settled(self, name: str) -> dict[str, Any]:
        """A parameter's schema with its first usable branch chosen."""
        return self._settled.get(name, {})

    def stated_fallback(self, name: str) -> str | None:
        """The value that a required parameter's description says to use when none is given."""
        schema = self.settled(name)
        if name not in self.required or type_of(schema) != "string":
            return None
        return stated_fallback(schema.get("description", ""))

    def settle(self, schema: Any) -> dict[str, Any]:
        """Any part of the tool's schema with its first usable branch chosen."""
        return settle(schema, self._document, random.Random(0))

    @cached_property
    def _settled(self) -> dict[str, dict[str, Any]]:
        inner = {n: part for parts in self._wrappers.values() for n, part in parts.items()}
        return {n: self.settle(part) for n, part in {**inner, **self._properties}.items()}

    @cached_property
    def _kinds(self) -> dict[str, str]:
        return {name: self._kind(name) for name in self._settled}

    @cached_property
    def about(self) -> str:
        """The tool's name and description: what unclear parameter names mean."""
        description = without_sections(self.tool.description)
        return f"{' '.join(name_words(self.tool.name))}. {description}"

    @cached_property
    def _input(self) -> dict[str, Any]:
        schema: dict[str, Any] = usable(self.tool.input_schema)
        return with_descriptions(schema, self.tool.description)

    @cached_property
    def _document(self) -> Document:
        return Document(self._input)

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return outline(self._input, self._document)

    @cached_property
    def _properties(self) -> dict[str, Any]:
        return with_required(self._schema)

    @cached_property
    def _quoted_names(self) -> frozenset[str]:
        return self.names | self._properties.keys()

    def _from_operator(self, table: dict[str, Any], name: str) -> Any:
        return table.get(f"{self.tool.name}.{name}", table.get(name))

    @cached_property
    def _endings(self) -> dict[str, tuple[str, ...]]:
        """How the files end that each parameter takes; empty where nothing says it."""
        return {name: self._endings_of(name) for name in {*self._settled, *self.book_values}}

    def _endings_of(self, name: str) -> tuple[str, ...]:
        if name in self.book_values:
            return endings_of(self.book_values[name])
        if self.kind(name) != "file":
            return ()
        return self.told_endings(name) or self.file_endings.get(name, ())

    def told_endings(self, name: str) -> tuple[str, ...]:
        """How a parameter's files end by its description, its tool's first sentence or name."""
        return told_endings(self._described(name), self.tool)

    def _holds_media(self, name: str) -> bool:
        """Whether a file is not the picture itself but the document that it is put into."""
        others = (other for other in self._settled if other != name)
        return holds_media(self._described(name), map(self._described, others))

    def _described(self, name: str) -> str:
        """A parameter's name in words, and its description."""
        description = self._of_one(name).get("description", "")
        return f"{' '.join(name_words(name))}. {description}"
