-- The detectors that hold runs to the declared network, the layer `declared` of docs/detectors.md, each with the part that it looks at.
CREATE OR REPLACE MACRO deviations() AS TABLE (
    SELECT part, detector
    FROM (
        VALUES ('agent', 'undeclared_agent'), ('handoff', 'undeclared_handoff'), ('required', 'skipped_agent'), ('approval', 'unapproved_action'),
            ('tool', 'undeclared_tool')
    ) AS held_by(part, detector)
);
