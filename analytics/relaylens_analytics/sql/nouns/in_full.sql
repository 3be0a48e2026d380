-- The text of a cell (see spans), where `said` is its `text_of` if it is a reference: a query with many columns of cells looks all of their
-- texts up at once, since each `text_of` in it costs some milliseconds of planning.
CREATE OR REPLACE MACRO in_full(cell, said) AS (CASE WHEN cell[1] = chr(1) THEN said ELSE cell END);
