"""Words that logs use for providers, tiers, operations and outcomes, and the canonical ones."""

PROVIDERS = {
    "azure.ai.openai": "azure_openai",
    "az.ai.openai": "azure_openai",
    "azure": "azure_openai",
    "azure-openai": "azure_openai",
    "azure openai": "azure_openai",
    "aws.bedrock": "aws_bedrock",
    "bedrock": "aws_bedrock",
    "bedrock_converse": "aws_bedrock",
    "gcp.vertex_ai": "google_vertex",
    "vertex_ai": "google_vertex",
    "vertex-ai": "google_vertex",
    "gcp.gemini": "google_gemini",
    "gemini": "google_gemini",
    "openai.chat": "openai",
    "openai.responses": "openai",
    "anthropic.messages": "anthropic",
    "google.generative-ai": "google_gemini",
}
"""Logged provider in lower case -> who bills; any other is kept in lower case."""

TIERS = {
    "": "standard",
    "default": "standard",
    "standard": "standard",
    "auto": "standard",
    "on_demand": "standard",
    "on_demand_priority": "priority",
    "on_demand_flex": "flex",
}
"""Logged tier in lower case -> priced tier; any other is kept in lower case."""

OPERATIONS = (
    ("embed", "embeddings"),
    ("rerank", "rerank"),
    ("image", "image"),
    ("audio|speech|transcri|translation", "audio"),
    ("chat|converse|message|generate_?content|acompletion|invokemodel|^completion$", "chat"),
    ("response", "responses"),
    ("completion", "completion"),
)
"""Pattern in the logged operation, in lower case -> canonical operation; the first that matches."""

STATUSES = {
    "error": "error",
    "failure": "error",
    "failed": "error",
    "fail": "error",
    "errored": "error",
    "expired": "error",
    "timeout": "error",
    "false": "error",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "aborted": "cancelled",
}
"""Logged outcome in lower case -> canonical; any other is `ok`, numbers from 400 on are `error`."""
