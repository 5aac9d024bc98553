"""The tables. Times are seconds since the epoch; users are keyed hashes, never raw openids."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# One row for every push whose effect has happened; a retry finds its reply here.
pushes = Table(
    "pushes",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("reply_kind", String(16), nullable=False),
    Column("reply_text", Text, nullable=False),
    Column("settled_at", Float, nullable=False, index=True),
)

# Customer messages that are to be sent; the recipient is sealed and wiped once it was sent.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account", String(64), nullable=False),
    Column("user", String(64), nullable=False),
    Column("recipient", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("error", Text, nullable=False),
)
Index("outbox_by_state", outbox.c.state, outbox.c.id)
Index("outbox_by_user", outbox.c.user, outbox.c.state, outbox.c.id)

conversations = Table(
    "conversations",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("user", String(64), primary_key=True),
    Column("state", Text, nullable=False),
    Column("updated_at", Float, nullable=False, index=True),
)

# The question log. No user = asked without a session; no request id or latency = from before they were kept.
questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("asked_at", Float, nullable=False, index=True),
    Column("channel", String(64), nullable=False),
    Column("user", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("question", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("entry", String(128), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("index_version", String(64), nullable=False),
    Column("latency_ms", Float),
    Column("request_id", String(64), index=True),
)
Index("questions_by_user", questions.c.user, questions.c.asked_at)
Index("questions_by_entry", questions.c.entry, questions.c.language, questions.c.asked_at)
Index("questions_by_outcome", questions.c.outcome, questions.c.asked_at)

# What users thought of an answer: the last verdict of each request.
feedback = Table(
    "feedback",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("comment", Text, nullable=False),
    Column("given_at", Float, nullable=False, index=True),
)
Index("feedback_by_verdict", feedback.c.verdict, feedback.c.given_at)

# Users who were erased lately: what they had asked before is not logged after all, however late it comes.
erasures = Table(
    "erasures",
    metadata,
    Column("user", String(64), primary_key=True),
    Column("erased_at", Float, nullable=False, index=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("app_id", String(64), primary_key=True),
    Column("token", LargeBinary, nullable=False),
    Column("fetched_at", Float, nullable=False),
    Column("fresh_until", Float, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", Float, nullable=False),
)

# Keys of the API. What they open with is not kept: only its SHA-256, which nobody guesses of 256 random bits.
api_keys = Table(
    "api_keys",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("scopes", String(255), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("used_at", Float),
    Column("expires_at", Float),
    Column("revoked_at", Float),
)

# Rebuilds of the index. ``slot`` is the same for all that are not over, so that there is only one of them.
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("slot", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("what", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("log", Text, nullable=False),
    Column("version", String(64), nullable=False),
    Column("report", Text, nullable=False),
    Column("created_at", Float, nullable=False, index=True),
    Column("started_at", Float),
    Column("alive_at", Float, nullable=False),
    Column("finished_at", Float),
)

# Which job a client's idempotency key (its SHA-256) got.
job_keys = Table(
    "job_keys",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("job", String(32), nullable=False, index=True),
)

# Who may use the operator's desk; the password is an Argon2id hash.
operators = Table(
    "operators",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)

# Who is using it: the SHA-256 of the cookie's token.
desk_sessions = Table(
    "desk_sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("operator", String(64), nullable=False, index=True),
    Column("csrf_token", String(64), nullable=False),
    Column("notice", Text, nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False, index=True),
)

# Attempts to log in that did not succeed, each by keyed hashes of its address and of its name.
login_attempts = Table(
    "login_attempts",
    metadata,
    Column("attempt", String(32), primary_key=True),
    Column("key", String(64), nullable=False, index=True),
    Column("at", Float, nullable=False, index=True),
)

# What operators did.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, index=True),
    Column("operator", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
)

# Unanswered questions (the SHA-256 of each) that the operator put aside until they are asked so often more.
dismissals = Table(
    "dismissals",
    metadata,
    Column("question", String(64), primary_key=True),
    Column("dismissed_at", Float, nullable=False),
    Column("times", Integer, nullable=False),
)

# What was changed in the knowledge from the desk: one section of a file, before and after.
knowledge_edits = Table(
    "knowledge_edits",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("made_at", Float, nullable=False),
    Column("path", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("entry", String(128), nullable=False),
    Column("question", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("undone_at", Float),
)
