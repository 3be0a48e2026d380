-- Every judgement of a validator, stated or shown by work sent back.
-- needs: stated_validations | sent_back
SELECT * FROM stated_validations
UNION ALL BY NAME
SELECT * FROM sent_back
