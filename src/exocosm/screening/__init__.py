"""From tumour to tube: what a test of a body fluid could see, person by person."""
