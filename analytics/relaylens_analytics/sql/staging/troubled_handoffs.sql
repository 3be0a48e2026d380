-- Handoffs that did not succeed, or for a reason only just.
-- needs: new_handoffs
SELECT * FROM new_handoffs WHERE NOT is_return AND (NOT ok OR reason IS NOT NULL)
