-- The first schema whose identities are those of today; an older database is made anew from its logs.
-- `narrow_rows` holds the columns that every source has, `usage_wide` all of them: a row pays only for what its source
-- logs. The view `usage_narrow` gives narrow rows the two texts of their origin. Everything reads the view `usage`, which the
-- program makes over both.
CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

CREATE TABLE ingests (
    ingest_id INTEGER PRIMARY KEY,
    path VARCHAR NOT NULL,
    container VARCHAR NOT NULL,
    format VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    size BIGINT NOT NULL,
    modified_ns BIGINT NOT NULL,
    head_hash VARCHAR NOT NULL,
    tail_hash VARCHAR NOT NULL,
    read_to BIGINT NOT NULL,
    lines_to BIGINT NOT NULL,
    options_hash VARCHAR NOT NULL,
    records BIGINT NOT NULL,
    new_rows BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    blank BIGINT NOT NULL,
    replaced BIGINT NOT NULL,
    tokens_unknown BIGINT NOT NULL,
    numbered BIGINT NOT NULL,
    first_at TIMESTAMP,
    last_at TIMESTAMP,
    ingested_at TIMESTAMP NOT NULL,
    tool_version VARCHAR NOT NULL,
    partial BOOLEAN NOT NULL,
    assumed VARCHAR[],
    settings MAP(VARCHAR, VARCHAR)
);

CREATE TABLE origins (
    origin INTEGER PRIMARY KEY,
    source VARCHAR NOT NULL,
    source_format VARCHAR NOT NULL
);

CREATE TABLE rejects (
    ingest_id INTEGER NOT NULL,
    path VARCHAR NOT NULL,
    line BIGINT,
    reason VARCHAR NOT NULL,
    excerpt VARCHAR
);
