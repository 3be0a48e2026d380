-- What a store sets of the detector `agent_quiet`.
SELECT getvariable('agent_quiet_least_history') AS least_history, getvariable('agent_quiet_most_history') AS most_history,
       getvariable('agent_quiet_least_share')::DOUBLE AS least_share, getvariable('agent_quiet_chance')::DOUBLE AS chance,
       getvariable('agent_quiet_times_longest')::DOUBLE AS times_longest
