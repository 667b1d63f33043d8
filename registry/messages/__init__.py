"""The outbox to people: mail, SMS and files, in three languages, with proof that they were told."""
