-- What the stages say in a word: whether a feature occurs among the spans at work; the full text of a cell, looked up, or of a cell with
-- which `work_texts` is joined; whether a text is nothing but spaces (most are known not to be by their first letter); by how much a span may
-- begin before the one that it follows has ended (JavaScript's SDK takes beginnings and durations from two clocks). Patterns: of words with
-- capitals, of what stands in quotation marks of its own kind, and of a text in JSON's. Whether a list of messages ends with an answer.
CREATE OR REPLACE TEMP MACRO occurs(feature) AS (
    coalesce(list_contains(getvariable('features'), feature), FALSE)
);
CREATE OR REPLACE TEMP MACRO full_text(c) AS (
    CASE WHEN c IS NULL OR c[1] <> chr(1) THEN c ELSE (SELECT any_value(t.text) FROM work_texts AS t WHERE t.cell = c) END
);
CREATE OR REPLACE TEMP MACRO in_full(cell, joined) AS (
    CASE WHEN starts_with(cell, chr(1)) THEN joined ELSE cell END
);
CREATE OR REPLACE TEMP MACRO is_blank(text) AS (
    CASE WHEN trim(text[1]) = '' THEN trim(text) = '' ELSE FALSE END
);
CREATE OR REPLACE TEMP MACRO clock_slack() AS (
    1000000
);
CREATE OR REPLACE TEMP MACRO a_name() AS (
    '\p{Lu}[^\s\d.:;,!?"\\()¦]+(?: \p{Lu}[^\s\d.:;,!?"\\()¦]+)*'
);
CREATE OR REPLACE TEMP MACRO a_quotation() AS (
    '[“„«][^\s“”„«»][^“”„«»\n¦]+[”“»]|`[^\s`][^`\n¦]+`'
);
CREATE OR REPLACE TEMP MACRO a_json_text() AS (
    '\\*"[^\s"\\{}][^"\\{}\n¦]+[\w.!?]\\*"'
);
CREATE OR REPLACE TEMP MACRO is_answered(messages) AS (
    CASE WHEN starts_with(messages, '[') AND json_valid(messages) THEN coalesce(json_extract_string(messages, '$[#-1].role') = 'assistant', FALSE) ELSE FALSE END
);
