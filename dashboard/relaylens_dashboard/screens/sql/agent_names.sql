-- Which agents are there to choose from?
-- $limit: at most so many.
SELECT DISTINCT agent FROM steps ORDER BY agent LIMIT $limit
