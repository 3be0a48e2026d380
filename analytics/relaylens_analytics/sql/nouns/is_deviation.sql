-- Whether a detector holds runs to the declared network: the layer `declared` of docs/detectors.md.
CREATE OR REPLACE MACRO is_deviation(detector) AS (
    detector IN ('undeclared_agent', 'undeclared_handoff', 'skipped_agent', 'unapproved_action', 'undeclared_tool')
);
