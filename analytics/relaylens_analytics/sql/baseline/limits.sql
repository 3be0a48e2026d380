-- What a store sets of the detector `unusual_run`.
SELECT getvariable('unusual_run_alarm_budget') AS alarm_budget, getvariable('unusual_run_least_history') AS least_history,
       getvariable('unusual_run_most_history') AS most_history
