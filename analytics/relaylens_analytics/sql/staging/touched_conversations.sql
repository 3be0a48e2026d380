-- The conversations whose rows are replaced: the new ones and those the affected traces belonged to before.
CREATE OR REPLACE TEMP TABLE touched_conversations AS
SELECT conversation FROM new_conversation_traces
UNION
SELECT c.conversation FROM conversation_traces AS c SEMI JOIN affected_traces USING (trace_id);
