-- How often was each detector right here, as people marked its findings?
-- $service: NULL for all. $limit: at most so many.
SELECT detector, marked_true, marked_false, marked_known, precision, precision_low, precision_high
FROM detector_precision($service)
ORDER BY detector
LIMIT $limit
