-- The full text of a cell (see spans.sql).
CREATE OR REPLACE MACRO text_of(cell) AS (
    CASE WHEN cell IS NULL OR cell[1] <> chr(1) THEN cell
    ELSE (
        SELECT string_agg(t.text, '' ORDER BY part.place)
        FROM (
            SELECT unnest(list_transform(string_split(cell[2:], ','), lambda x: TRY_CAST(x AS BIGINT))) AS text_id,
                   generate_subscripts(string_split(cell[2:], ','), 1) AS place
        ) AS part
        JOIN texts AS t ON t.text_id = part.text_id
    ) END
);
