-- What a database administrator runs once for a registry, as a superuser, with psql 15 or newer:
--
--   DATABASE_PASSWORD='...' psql -d postgres -v ON_ERROR_STOP=1 -f roles.sql
--
-- Further variables, with their defaults: -v login=registry -v database=registry. Run again, it changes nothing but the
-- password. PostgreSQL 15 or newer.
--
-- What it makes:
--   the login role    owns the database and its tables, is bound by row-level security, migrates and serves
--   registry_member, registry_system, registry_lookup, registry_definer
--                     own no table and log in nowhere; connections assume the first three, one lookup path runs as the last
--   registry_backup   reads every row past row-level security, for pg_dump and nothing else; no password yet

\if :{?login}
\else
  \set login registry
\endif
\if :{?database}
\else
  \set database registry
\endif
\getenv password DATABASE_PASSWORD
\if :{?password}
\else
  DO $$ BEGIN RAISE EXCEPTION 'Set DATABASE_PASSWORD, the password of the login role.'; END $$;
\endif

-- Values in a log would outlive this session.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';

-- --- the roles that connections assume -----------------------------------------------------------------------------
-- Roles belong to the whole server: two registries on one server share these names, and each needs the grants below.

SELECT format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', name)
FROM unnest(ARRAY['registry_member', 'registry_system', 'registry_lookup', 'registry_definer']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- --- the login role ------------------------------------------------------------------------------------------------
-- CREATEROLE: the first migration makes sure of the roles above and cannot run without it, even where they exist. Take
-- it away when `registry migrate` has run (the last line of this file); on PostgreSQL 15 it is a wide right.
-- INHERIT: an owner has its rights on the schema `public` by a membership; PostgreSQL 15 knows no finer setting.
-- Never SUPERUSER or BYPASSRLS: row-level security keeps businesses apart, and the registry refuses to start under either.

SELECT format('CREATE ROLE %I LOGIN', :'login')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login')
\gexec
SELECT format(
    'ALTER ROLE %I LOGIN INHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOREPLICATION CREATEROLE PASSWORD %L',
    :'login', :'password'
)
\gexec

SELECT format(
    CASE WHEN current_setting('server_version_num')::int >= 160000
        THEN 'GRANT %I TO %I WITH ADMIN TRUE, INHERIT FALSE, SET TRUE'
        ELSE 'GRANT %I TO %I WITH ADMIN OPTION'
    END,
    name, :'login'
)
FROM unnest(ARRAY['registry_member', 'registry_system', 'registry_lookup', 'registry_definer']) AS name
\gexec

-- --- the database --------------------------------------------------------------------------------------------------

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'database', :'login')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database')
\gexec

-- --- backups ---------------------------------------------------------------------------------------------------------
-- Row-level security is forced on every table, so the owner's own pg_dump fails; this role's does not. What it dumps is
-- sealed: without the master keys a dump shows codes, times and ids, but no one's data.

SELECT 'CREATE ROLE registry_backup LOGIN BYPASSRLS'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'registry_backup')
\gexec
GRANT pg_read_all_data TO registry_backup;
SELECT format('GRANT CONNECT ON DATABASE %I TO registry_backup', :'database')
\gexec

\echo 'Made. Next: registry migrate, then take the right to make roles away:'
SELECT format('ALTER ROLE %I NOCREATEROLE;', :'login') AS "run after the first migration";
