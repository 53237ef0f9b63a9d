"""Every way a run may stop, as one tree.

ForgeError                  what a person sees as one line; the command exits with 1
├── MachineTooSmall         the machine lacks memory, disk, a GPU or a package
├── ServerFailed            an MCP server cannot be started, reached or understood
│   └── CallFailed          one call of one tool got no usable answer
├── UnusableTool            a tool's schema cannot be used
├── ToolsetTooLarge         the tool list leaves no room for a conversation
├── TeacherFailed           the model that writes phrasebooks refuses, or its budget is spent
├── UnusableData            a file with tools or rows is not what it should be
├── QualityGateFailed       the data is not good enough to train on
├── UnusableModel           a model's files are missing or not what they should be
├── TrainingDiverged        the loss is no longer a number
├── TrainingInterrupted     training was told to stop; a checkpoint is kept
├── TrainingLocked          another process trains the same run
├── ResumeRefused           the checkpoints belong to another run
├── OutOfMemory             a training step does not fit, whatever was tried
├── ExportFailed            the GGUF is not the model that was trained
├── ValidationFailed        the model does not reach the profile's thresholds
├── BundleInvalid           a bundle is incomplete, altered or does not work
├── BundleNotTrusted        a bundle names a server that nobody here has spoken for
├── NoSuchVersion           a bundle has no such version, or no champion
├── VersionExists           a published version is never written again
├── PushFailed              the hub does not take what is pushed
├── StageNotDeployed        the Prefect server has no deployment for a stage
├── StageCrashed            the process of a stage on a work pool ended without a word
└── StageCancelled          somebody cancelled a stage on a work pool
"""

from profiles.section import readable


class ForgeError(Exception):
    """A run stops: the message names what was found and what was needed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(readable(message))


class MachineTooSmall(ForgeError):
    """The machine lacks memory, disk, a GPU or a package."""


class ServerFailed(ForgeError):
    """An MCP server cannot be started, reached or understood."""


class CallFailed(ServerFailed):
    """One call of one tool got no usable answer; the server may still be fine."""


class UnusableTool(ForgeError):
    """A tool's schema cannot be used."""


class ToolsetTooLarge(ForgeError):
    """The tool list leaves no room for a conversation."""


class TeacherFailed(ForgeError):
    """The model that writes phrasebooks refuses, answers nothing at all, or its budget is spent."""


class UnusableData(ForgeError):
    """A file with tools or rows is not what it should be."""


class QualityGateFailed(ForgeError):
    """The data is not good enough to train on."""


class UnusableModel(ForgeError):
    """A model's files are missing or not what they should be."""


class TrainingDiverged(ForgeError):
    """The loss is no longer a number."""


class TrainingInterrupted(ForgeError):
    """Training was told to stop; a checkpoint is kept."""


class TrainingLocked(ForgeError):
    """Another process trains the same run."""


class ResumeRefused(ForgeError):
    """The checkpoints belong to another run."""


class OutOfMemory(ForgeError):
    """A training step does not fit, whatever was tried."""


class ExportFailed(ForgeError):
    """The GGUF is not the model that was trained."""


class RequestRefused(ExportFailed):
    """llama.cpp does not take one request, as one longer than its context; it answers others."""


class ValidationFailed(ForgeError):
    """The model does not reach the profile's thresholds."""


OF_THE_SETTINGS = (QualityGateFailed, TrainingDiverged, ValidationFailed)
"""What says that a run's settings are not good enough, and nothing about the machine: another trial
or round may still succeed."""


class BundleInvalid(ForgeError):
    """A bundle is incomplete, altered or does not work."""


class BundleNotTrusted(ForgeError):
    """A bundle names a server that nobody here has spoken for."""


class NoSuchVersion(ForgeError):
    """A bundle has no such version, or no champion."""


class VersionExists(ForgeError):
    """A published version is never written again."""


class PushFailed(ForgeError):
    """The hub does not take what is pushed."""


class StageNotDeployed(ForgeError):
    """The Prefect server has no deployment for a stage that is to run on a work pool."""


class StageCrashed(ForgeError):
    """The process of a stage on a work pool ended without a word: killed, or no memory left."""


class StageCancelled(ForgeError):
    """Somebody cancelled a stage on a work pool; only a person starts it again."""
