"""The questions of the audit, one file each: NAME, TITLE, PLACE and `check(dataset, contrast) -> list[Finding]`."""
