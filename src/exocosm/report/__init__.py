"""One self-contained HTML page that says what a study found, how sure that is, and what it rests on."""
