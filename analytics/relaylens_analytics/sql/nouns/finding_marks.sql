-- What people last said of each finding: true, false or known; a mark that was taken back is none.
CREATE OR REPLACE MACRO finding_marks() AS TABLE (
    SELECT finding, mark, source, comment, marked_at
    FROM (
        SELECT finding, value AS mark, source, comment, labelled_at AS marked_at
        FROM labels
        WHERE finding IS NOT NULL AND name = 'finding'
        QUALIFY row_number() OVER (PARTITION BY finding ORDER BY labelled_at DESC, batch DESC) = 1
    )
    WHERE mark IN ('true', 'false', 'known')
);
