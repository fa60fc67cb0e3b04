"""The audit before any model: one file per question that is put to a contrast."""
