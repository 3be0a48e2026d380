-- Tool calls whose short result says in words that a service failed, though nothing marks them as failed, and whose tool gave nothing better later.
-- needs: detector service_failure
-- needs: called_tools
WITH said AS (
    SELECT *, length(result) <= getvariable('service_failure_longest_result') AND NOT starts_with(ltrim(result), '{')
              AND regexp_matches(result, '(?i)\b(rate[ -]?limit(s|ed)?( (was |is |has been )?(exceeded|reached))?|too many requests|quota (was |is |has been )?exceeded|(service|server|host|api|backend|upstream) (is |was )?(temporarily |currently )?(unavailable|overloaded|unreachable|not (available|reachable|responding))|temporarily unavailable|(request|connection|call|operation|query) (has |was )?(timed[ -]?out|refused|reset|aborted)|(read|connect|gateway)[ -]?time[ -]?out|(http|status|code)[ :]*(401|403|429|5\d\d)\b|internal server error|bad gateway|unauthori[sz]ed|authentication (failed|required)|permission denied|access denied|invalid api key|(please |then )?(re)?try (again|later|the (exact )?same)|retry (later|after|the))')
              AS says_failure
    FROM called_tools
    WHERE worked AND result IS NOT NULL
)

SELECT s.*
FROM said AS s
WHERE s.says_failure
  AND NOT EXISTS (SELECT 1 FROM said AS g WHERE g.run = s.run AND g.tool_key = s.tool_key AND g.t0 > s.t0 AND NOT g.says_failure)
