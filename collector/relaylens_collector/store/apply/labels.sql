-- Stores labels, given as the JSON of the journal.
INSERT INTO labels BY NAME
SELECT batch,
       label->>'$.run' AS run,
       label->>'$.trace_id' AS trace_id,
       coalesce(label->>'$.name', '') AS name,
       label->>'$.value' AS value,
       TRY_CAST(label->>'$.score' AS DOUBLE) AS score,
       label->>'$.source' AS source,
       label->>'$.comment' AS comment,
       received_at AS labelled_at
FROM mapped_labels;
