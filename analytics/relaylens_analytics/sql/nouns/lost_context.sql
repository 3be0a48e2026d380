-- Whether what arrived lacks, or contradicts, what was sent: the sent values (numbers, identifiers, quoted words) that the receipt does not hold.
CREATE OR REPLACE MACRO lost_context(sent, received) AS (
    CASE WHEN sent IS NULL OR received IS NULL OR sent = received THEN FALSE
         ELSE len(list_filter(
             list_distinct(regexp_extract_all(sent, '[\p{L}\p{N}][\p{L}\p{N}_.:@/-]*\d[\p{L}\p{N}_.:@/-]*|\d+')),
             lambda value: NOT contains(received, value))) > 0
    END
);
