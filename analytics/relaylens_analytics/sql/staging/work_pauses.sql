-- Traces that end waiting for a person.
CREATE OR REPLACE TEMP TABLE work_pauses AS
SELECT DISTINCT trace_id FROM work_requests WHERE pauses;
