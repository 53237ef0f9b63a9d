"""What ``make bench-…`` runs: figures as JSON."""
