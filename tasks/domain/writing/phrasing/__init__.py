"""Words around arguments: what a user says to get a call, and what an assistant answers."""
