#!/bin/sh
# Runs once in the postgres container, when its data folder is empty: the roles and the database of the registry.
set -eu
: "${DATABASE_PASSWORD:?set it in .env}"
psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres \
    --set ON_ERROR_STOP=1 --file /registry/roles.sql
