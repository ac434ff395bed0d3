"""Values that every app shares and that know no framework: money, periods, problems."""
