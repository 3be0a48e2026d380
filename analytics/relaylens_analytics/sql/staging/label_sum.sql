-- A digest of the labels, to see when spreading them changes nothing more.
SELECT bit_xor(hash(trace_id, label, tight_label)) FROM labels_at_work
