"""Rules for participants, without a framework."""
