-- The full text of a cell among the texts of the spans at work.
CREATE OR REPLACE TEMP MACRO full_text(c) AS (
    CASE WHEN c IS NULL OR c[1] <> chr(1) THEN c ELSE (SELECT any_value(t.text) FROM work_texts AS t WHERE t.cell = c) END
);
