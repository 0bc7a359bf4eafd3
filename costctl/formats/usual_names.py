"""What home-made logs call the fields that we know."""

DATE = r"\d{4}-\d{2}-\d{2}.*"
COUNT = r"\d+"

NAMES: dict[str, tuple[str, ...]] = {
    "input": (
        *("prompt_tokens", "input_tokens", "promptTokens", "PromptTokens", "inputTokens"),
        *("tokens_in", "tokens_prompt", "req_units", "genai_tokens_input"),
        *("promptTokenCount", "inputTokenCount"),
    ),
    "output": (
        *("completion_tokens", "output_tokens", "completionTokens", "CompletionTokens"),
        *("outputTokens", "tokens_out", "tokens_completion", "res_units", "genai_tokens_output"),
        "outputTokenCount",
    ),
    "cache_read": (
        *("cached_tokens", "cached_input_tokens", "cache_read_input_tokens", "cache_read"),
        *("tokens_cached", "cachedContentTokenCount"),
    ),
    "cache_write": ("cache_creation_input_tokens",),
    "logged_cost_usd": (
        *("cost", "total_cost", "cost_usd", "estimated_cost_usd", "spend", "response_cost"),
        *("totalCost", "cost_total"),
    ),
    "occurred_at": (
        *("timestamp", "ts", "time", "created", "created_at", "start_time", "startTime"),
        *("datetime_utc", "TimeGenerated", "logging_time", "date", "day", "period_start"),
        "bucket_start",
    ),
    "requests": ("requests", "request_count", "num_requests", "n_requests"),
    "requested_model": ("model", "model_name", "modelName", "main_model", "model_id"),
    "endpoint": ("endpoint", "feature", "use_case"),
    "request_id": ("request_id", "requestId", "id"),
    "user_id": ("user_id", "userId", "user"),
    "team": ("team",),
}
"""Field -> names that it goes by, the likeliest first."""

LOOKS_LIKE = {
    **dict.fromkeys(("date", "day", "period_start", "bucket_start"), DATE),
    **dict.fromkeys(NAMES["requests"], COUNT),
}
"""Name -> pattern of its values, where it may as well mean something else."""
