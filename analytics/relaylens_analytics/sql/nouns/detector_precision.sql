-- How often was each detector right here, as people marked its findings? `service`: NULL for all.
-- Known ones are told apart: nobody said anew whether they are true.
CREATE OR REPLACE MACRO detector_precision(service) AS TABLE (
    WITH marked AS (
        SELECT
            findings.detector,
            count(*) FILTER (WHERE marks.mark = 'true') AS marked_true,
            count(*) FILTER (WHERE marks.mark = 'false') AS marked_false,
            count(*) FILTER (WHERE marks.mark = 'known') AS marked_known
        FROM finding_marks() AS marks
        JOIN findings USING (finding)
        LEFT JOIN runs USING (conversation, run)
        WHERE service IS NULL OR runs.service_name = service
        GROUP BY findings.detector
    )
    SELECT
        detector, marked_true, marked_false, marked_known,
        marked_true / nullif(marked_true + marked_false, 0)::DOUBLE AS precision,
        wilson_low(marked_true, marked_true + marked_false) AS precision_low,
        wilson_high(marked_true, marked_true + marked_false) AS precision_high
    FROM marked
);
