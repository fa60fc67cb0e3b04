"""What vesicles carry: how it is lost, released and what becomes of it."""
