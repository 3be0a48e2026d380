-- The text at a path of a JSON text, or NULL when the text is no JSON.
CREATE OR REPLACE MACRO json_text(document, path) AS (
    CASE WHEN json_valid(document) THEN json_extract_string(document, path) END
);
