-- Which number did the last text get?
SELECT coalesce(max(text_id), 0) AS text_id FROM texts;
