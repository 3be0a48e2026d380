-- Lower end of Wilson's 95 % score interval for `successes` of `trials`; NULL without trials.
-- E. B. Wilson, Journal of the American Statistical Association 22 (1927); z = 1.959963984540054.
CREATE OR REPLACE MACRO wilson_low(successes, trials) AS (
    CASE
        WHEN trials > 0 AND successes = 0 THEN 0.0
        WHEN trials > 0 THEN (
            successes::DOUBLE + 1.9207294103470937
            - 1.959963984540054 * sqrt(successes * (trials - successes) / trials::DOUBLE + 0.9603647051735468)
        ) / (trials::DOUBLE + 3.8414588206941874)
    END
);
