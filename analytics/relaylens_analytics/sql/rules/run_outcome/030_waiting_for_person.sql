-- A question to a person has no answer yet.
-- needs: new_escalations
SELECT DISTINCT run, 'escalated' AS outcome, 'rule' AS evidence, 'A person has not answered yet' AS reason
FROM new_escalations
WHERE state = 'pending'
