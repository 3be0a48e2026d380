-- What is declared of one kind, with agents and tools as the keys under which they are compared.
CREATE OR REPLACE MACRO declared(kind) AS TABLE (
    SELECT DISTINCT service_name,
           CASE part WHEN 'approval' THEN tool_key(name) WHEN 'required' THEN name ELSE agent_key(name) END AS name,
           CASE part WHEN 'tool' THEN tool_key(target) ELSE agent_key(target) END AS target
    FROM specification
    WHERE part = kind
);
