-- Stores the scopes that were not stored yet.
INSERT INTO scopes BY NAME
SELECT * EXCLUDE (scope_high, scope_low), (scope_high::UHUGEINT << 64) + scope_low AS scope
FROM mapped_scopes;
