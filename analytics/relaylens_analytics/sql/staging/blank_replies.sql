-- Model calls that answered in order with nothing said and nothing called.
-- needs: reply_texts
SELECT * FROM reply_texts WHERE is_blank AND calls = 0 AND NOT failed
