-- Long texts once by content: every call repeats the conversation so far, which would grow quadratically.
-- A text is a whole text or a chunk of one, cut at its messages. (A text not seen for long may be stored a second time.)
CREATE TABLE IF NOT EXISTS texts (
    text_id BIGINT NOT NULL,             -- ascending, so that a lookup reads few blocks
    text_hash UUID NOT NULL,             -- first 128 bits of the SHA-256 of the text
    text VARCHAR USING COMPRESSION zstd NOT NULL -- half the size of what DuckDB would choose, and quicker to write
);
