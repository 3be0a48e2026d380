-- What a text says: of a message or a list of messages, as JSON or as Python shows them, only what they hold and not what frameworks write
-- around it; of any other text all. Line breaks that are escaped are spaces.
CREATE OR REPLACE MACRO spoken_text(document) AS (
    -- a group that captures costs a second look at every letter, and most texts are no messages
    CASE WHEN (contains(document, '"') AND (contains(document, '"role"') OR contains(document, '"messages"') OR contains(document, '"type"')) OR contains(document, '=<'))
              AND regexp_matches(document, '"(role|messages)"\s*:|"type"\s*:\s*"(tool|human|ai|system|user|assistant)"|\brole=<')
         -- a list of one, so that what is found is looked for once
         THEN replace(replace(list_transform([regexp_extract_all(document, '(?:"(?:content|text|arguments|args|kwargs|response|result|output|input|task|request|query|reason)"\s*:\s*(?:"(?:[^"\\]|\\.)*"|\{[^{}]*\}|\[[^\[\]{}]*\])|\b(?:content|text|arguments|response)=(?:''(?:[^''\\]|\\.)*''|"(?:[^"\\]|\\.)*"))')],
             lambda found: CASE WHEN len(found) = 0 THEN document ELSE array_to_string(found, ' ¦ ') END)[1], '\n', ' '), '\t', ' ')
         -- replacing copies the text, also where there is nothing to replace
         WHEN contains(document, '\') THEN replace(replace(document, '\n', ' '), '\t', ' ')
         ELSE document END
);
-- Whether a text may hold a value of those below: all of them have a digit or are an address. Looking for one sign at a time is several
-- times faster than for a class of them.
CREATE OR REPLACE MACRO may_hold_values(document) AS (
    contains(document, '0') OR contains(document, '1') OR contains(document, '2') OR contains(document, '3') OR contains(document, '4')
    OR contains(document, '5') OR contains(document, '6') OR contains(document, '7') OR contains(document, '8') OR contains(document, '9')
    OR contains(document, '@')
);
-- The values in a text that work may need further on, each once: identifiers, numbers, dates, addresses. Framework's own identifiers, which
-- are keys of messages and calls and say nothing about the work, are left out.
CREATE OR REPLACE MACRO handed_values(document) AS (
    CASE WHEN may_hold_values(document) IS FALSE THEN [] ELSE list_distinct(list_filter(list_transform(
        regexp_extract_all(
            -- what is left out has one of these signs
            CASE WHEN contains(document, ':') OR contains(document, '_') OR contains(document, '-') OR contains(document, '=') OR contains(document, '[')
                      OR contains(document, '0x') OR contains(document, '0X')
                 THEN regexp_replace(document, '(?i)\\*["'']?\b(id|(tool_)?call_?id|tool_?use_?id|(message|response|thread|session|run|trace|span|checkpoint|conversation|agent|team)_?id|created(_at)?|timestamp|system_fingerprint|model(_name)?|index|checkpoint_ns|priority|temperature|[a-z_]*tokens?)\\*["'']?\s*[:=]\s*\\*["'']?[\w.:+-]+|\b0x[0-9a-f]+|\b[a-z_]+:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+|\b(call|toolu|chatcmpl|msg|resp|fc|run)[_-][\w-]+|\[(text|value) \d+ [a-z0-9]+\]', ' ', 'g')
                 ELSE document END,
            '\d{1,3}(?:[,''.]\d{3})+(?:[.,]\d+)?|[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+|[A-Za-z0-9_./:#-]*\d[A-Za-z0-9_./:#-]*'),
        lambda value: trim(value, '-_./:#')), lambda value: len(value) > 1)) END
);
-- A text as its words: lower case, one space between them and at both ends. Where a JSON text or key ends stands `¦`, where a sentence
-- ends `‖`.
CREATE OR REPLACE MACRO as_words(document) AS (
    concat(' ', trim(regexp_replace(regexp_replace(regexp_replace(lower(document), '[.?!]["'')\]]*\s', ' ‖ ', 'g'), '\\*["'']\s*[,:}\]]', ' ¦ ', 'g'), '[\x00-/:-@\[-`{-\x7f]+', ' ', 'g')), ' ')
);
-- The ways in which a number may be written, as one: 1,200.00 and 1200 are the same.
CREATE OR REPLACE MACRO as_number(value) AS (
    CASE WHEN regexp_matches(value, '^\d+([,''.]\d+)*$')
         THEN regexp_replace(regexp_replace(regexp_replace(value, '[,''.](\d{3})', '\1', 'g'), ',', '.'), '\.0+$', '') ELSE value END
);
