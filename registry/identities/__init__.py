"""Who is who: records of identifiers, identities made of records, and the standings that lookups read."""
