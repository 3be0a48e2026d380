-- The findings that go the other way: hints of detectors that are released, and findings of those that no longer are.
WITH told AS (
    SELECT h.finding, h.conversation, h.run, h.detector, TRUE AS is_hint FROM hints AS h
    UNION ALL
    SELECT f.finding, f.conversation, f.run, f.detector, FALSE FROM findings AS f WHERE list_contains(getvariable('held_back'), f.detector)
)

SELECT t.finding, t.conversation, t.run, t.is_hint
FROM told AS t
LEFT JOIN runs AS r ON r.conversation = t.conversation AND r.run = t.run
LEFT JOIN released AS l ON l.detector = t.detector AND l.service_name IS NOT DISTINCT FROM r.service_name
WHERE t.is_hint = (l.detector IS NOT NULL)
