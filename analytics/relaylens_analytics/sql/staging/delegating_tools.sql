-- Tool calls that hand work to somebody and have spans below them.
-- needs: work_tools
SELECT t.span, coalesce(t.named_target, t.argument_target) AS target
FROM work_tools AS t
SEMI JOIN work_spans AS w ON w.parent = t.span
WHERE coalesce(t.named_target, CASE WHEN t.is_generic_transfer THEN t.argument_target END) IS NOT NULL
