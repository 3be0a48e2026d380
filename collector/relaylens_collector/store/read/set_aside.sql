-- Which requests could not be applied?
SELECT batch FROM dead_letters WHERE ordinal IS NULL;
