-- The values in a text by which context can be followed: numbers and identifiers, each once. Of a text that is recorded as its size
-- and hash (`[text 123 kdhfjwqzab]`) the size is no value: it is another when more stands around the same value.
CREATE OR REPLACE MACRO traceable_values(document) AS (
    list_distinct(regexp_extract_all(regexp_replace(document, '\[(text|value) \d+ ', '[', 'g'),
                                     '[\p{L}\p{N}][\p{L}\p{N}_.:@/-]*\d[\p{L}\p{N}_.:@/-]*|\d+'))
);
-- A text as a JSON object, or an empty one.
CREATE OR REPLACE MACRO object_of(document) AS (
    CASE WHEN json_valid(document) THEN CASE WHEN json_type(document) = 'OBJECT' THEN document ELSE '{}' END ELSE '{}' END
);
-- What a JSON object holds under a key.
CREATE OR REPLACE MACRO member_of(document, key) AS (
    json_extract_string(document, '/' || replace(replace(key, '~', '~0'), '/', '~1'))
);
-- Whether what arrived lacks, or contradicts, what was sent: a sent value that the receipt does not hold at all
-- or not under the same key, or a key that is gone from a receipt that is an object like the offer.
CREATE OR REPLACE MACRO lost_context(sent, received) AS (
    CASE WHEN sent IS NULL OR received IS NULL OR sent = received THEN FALSE
         ELSE len(list_filter(traceable_values(sent), lambda value: NOT contains(received, value))) > 0
              OR len(list_filter(
                  json_keys(object_of(sent)),
                  lambda key: (member_of(object_of(received), key) IS NULL AND object_of(received) <> '{}' AND member_of(object_of(sent), key) IS NOT NULL)
                      OR len(list_filter(traceable_values(member_of(object_of(sent), key)),
                                          lambda value: NOT contains(coalesce(member_of(object_of(received), key), value), value))) > 0
              )) > 0
    END
);
