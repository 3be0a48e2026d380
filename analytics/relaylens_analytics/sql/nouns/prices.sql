-- Price of each model in USD for a million tokens; the first pattern in order that matches is used. Replaced as a whole by the user's file.
CREATE TABLE IF NOT EXISTS prices (
    place INTEGER NOT NULL,
    model_pattern VARCHAR NOT NULL,      -- SQL LIKE pattern on the lower-case model name
    input_usd DOUBLE NOT NULL,
    cached_usd DOUBLE,
    output_usd DOUBLE NOT NULL
);
