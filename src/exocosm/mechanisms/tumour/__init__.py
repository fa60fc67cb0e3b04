"""The tumour: growth and kill."""
