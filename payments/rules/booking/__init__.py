"""The ledger in the words of the operator's own accounts: codes, and the files that they import."""
