"""Metrics of answering: questions by outcome, how sure answers were, how long they and their stages took."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.domain import LoggedQuestion, Stage
from bot.ports import QuestionLog

_SECONDS = (0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_STAGE_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.25, 1)
_CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class AnswerMetrics:
    """Told of every question that was answered, and of every stage on the way."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._questions = Counter(
            "bot_questions",
            "Questions answered, a repeated delivery of one not again",
            ["channel", "outcome", "language"],
            registry=registry,
        )
        self._confidence = Histogram(
            "bot_answer_confidence",
            "Calibrated probability that the best entry answers the question",
            ["outcome"],
            buckets=_CONFIDENCES,
            registry=registry,
        )
        self._seconds = Histogram(
            "bot_answer_seconds",
            "From a question to its whole answer",
            ["channel"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "bot_answer_stage_seconds",
            "One run of a stage; a question that is read in several ways runs some of them several times",
            ["stage"],
            buckets=_STAGE_SECONDS,
            registry=registry,
        )
        self._questions_of = cache(self._questions.labels)
        self._confidence_of = cache(self._confidence.labels)
        self._seconds_of = cache(self._seconds.labels)
        self._stage_seconds_of = cache(self._stage_seconds.labels)

    def answered(self, question: LoggedQuestion) -> None:
        """A question has its answer."""
        asked = question.asked
        self._questions_of(question.channel, asked.outcome, asked.language).inc()
        self._confidence_of(asked.outcome).observe(asked.confidence)
        self._seconds_of(question.channel).observe(question.latency_ms / 1000)

    def stage_ended(self, stage: Stage, seconds: float) -> None:
        """A stage took so long."""
        self._stage_seconds_of(stage.value).observe(seconds)


class CountedLog:
    """A question log that counts what is written to it."""

    def __init__(self, log: QuestionLog, metrics: AnswerMetrics) -> None:
        self._log = log
        self._metrics = metrics

    def write(self, question: LoggedQuestion) -> None:
        """Count and log it."""
        self._metrics.answered(question)
        self._log.write(question)
