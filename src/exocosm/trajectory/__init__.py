"""What a run brings: labelled time courses, numbers taken from them, summaries over draws and animals."""
