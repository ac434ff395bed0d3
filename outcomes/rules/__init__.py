"""Rules for outcome events, without a framework."""
