-- Upper end of Wilson's 95 % score interval for `successes` of `trials`; NULL without trials (see wilson_low).
CREATE OR REPLACE MACRO wilson_high(successes, trials) AS (
    CASE
        WHEN trials > 0 AND successes = trials THEN 1.0
        WHEN trials > 0 THEN (
            successes::DOUBLE + 1.9207294103470937
            + 1.959963984540054 * sqrt(successes * (trials - successes) / trials::DOUBLE + 0.9603647051735468)
        ) / (trials::DOUBLE + 3.8414588206941874)
    END
);
