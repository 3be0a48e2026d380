-- Long texts once by content: every call repeats the conversation so far, which would grow quadratically.
CREATE TABLE IF NOT EXISTS texts (
    text_id BIGINT NOT NULL,             -- ascending, so that a lookup reads few blocks
    text_hash UUID NOT NULL,         -- first 128 bits of the SHA-256 of the text
    text VARCHAR NOT NULL
);
