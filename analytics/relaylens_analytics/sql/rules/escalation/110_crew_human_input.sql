-- A CrewAI task that asks for a person's input.
-- needs: crewai.task.human_input
SELECT w.span, w.t0, w.t1, 'human_input' AS tool_name, FALSE AS pauses,
       NULL AS stated_id, NULL AS stated_state, NULL AS question, NULL AS answer, NULL AS answered_by
FROM work_spans AS w
WHERE lower(w.attributes['crewai.task.human_input']) = 'true'
