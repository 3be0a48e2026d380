-- Hold what settles from now on to the rows of declared_rows; runs that are there were not.
INSERT INTO specification BY NAME
SELECT *, (SELECT max(ended_at) FROM runs) AS held_from
FROM declared_rows
