-- Stores the stretches of numbers that the spans of some batches have.
INSERT INTO number_ranges BY NAME SELECT * FROM mapped_number_ranges;
