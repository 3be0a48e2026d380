-- Stores the resources that were not stored yet.
INSERT INTO resources BY NAME SELECT * FROM mapped_resources;
