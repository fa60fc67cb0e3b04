"""Running a resolved study: sampling, jobs, worker processes, resuming, gathering."""
