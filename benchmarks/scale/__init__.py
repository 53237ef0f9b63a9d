"""Many forges at once on one deployment, while servers fail and processes are killed."""
