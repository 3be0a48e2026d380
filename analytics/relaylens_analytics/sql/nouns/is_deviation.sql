-- Whether a detector holds runs to the declared network.
CREATE OR REPLACE MACRO is_deviation(name) AS (
    name IN (SELECT detector FROM deviations())
);
