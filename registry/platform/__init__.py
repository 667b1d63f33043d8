"""What every slice stands on: settings, policy, database, errors, clock, keys, logs. No domain lives here."""
