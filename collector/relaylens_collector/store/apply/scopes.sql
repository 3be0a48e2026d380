-- Stores the scopes that were not stored yet.
INSERT INTO scopes BY NAME SELECT * FROM mapped_scopes;
