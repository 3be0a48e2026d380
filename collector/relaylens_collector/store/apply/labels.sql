-- Stores labels.
INSERT INTO labels BY NAME SELECT * FROM mapped_labels;
