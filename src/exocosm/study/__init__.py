"""Study files: schema, safe loading, and resolving to models, schedules and pinned values."""
