-- Handoffs that did not succeed, or for a reason only just.
-- needs: detector loop | detector context_lost | detector answer_after_failed_handoff | detector bounced_handoff | detector failed_handoff
-- needs: new_handoffs
SELECT * FROM new_handoffs WHERE NOT is_return AND reason IS NOT NULL
