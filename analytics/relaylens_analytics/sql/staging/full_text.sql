-- The full text of a cell among the texts of the spans at work: looked up, or of a cell with which `work_texts` is joined.
CREATE OR REPLACE TEMP MACRO full_text(c) AS (
    CASE WHEN c IS NULL OR c[1] <> chr(1) THEN c ELSE (SELECT any_value(t.text) FROM work_texts AS t WHERE t.cell = c) END
);
CREATE OR REPLACE TEMP MACRO in_full(cell, joined) AS (
    CASE WHEN starts_with(cell, chr(1)) THEN joined ELSE cell END
);
