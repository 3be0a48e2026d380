-- The detectors that are held back at first whose false alarms on a deployment are known to be few.
SELECT service_name, detector
FROM false_alarm_rates()
WHERE list_contains(getvariable('held_back'), detector)
  AND good_runs >= getvariable('measured_least_good_runs') AND high <= getvariable('measured_most_false_alarms')
