-- Stores the resources that were not stored yet.
INSERT INTO resources BY NAME
SELECT * EXCLUDE (resource_high, resource_low), (resource_high::UHUGEINT << 64) + resource_low AS resource
FROM mapped_resources;
