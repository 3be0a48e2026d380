-- A CrewAI crew of which a task asks for a person's input, on the agent that works on that task.
-- needs: crew_tasks | crewai.crew.tasks
SELECT w.span, w.t0, w.t1, 'human_input' AS tool_name, FALSE AS pauses,
       NULL AS stated_id, NULL AS stated_state, NULL AS question, NULL AS answer, NULL AS answered_by
FROM (SELECT * FROM work_spans WHERE attributes['crew_tasks'] IS NOT NULL OR attributes['crewai.crew.tasks'] IS NOT NULL) AS w
WHERE regexp_matches(coalesce(full_text(w.attributes['crew_tasks']), full_text(w.attributes['crewai.crew.tasks'])), '"human_input\??":\s*true')
  AND NOT EXISTS (SELECT 1 FROM work_spans AS t WHERE t.trace = w.trace AND lower(t.attributes['crewai.task.human_input']) = 'true')
