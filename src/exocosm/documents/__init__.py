"""Files that users write: YAML read safely, checked against a schema, every problem with its line."""
