#!/bin/sh
# Runs once, in a new database volume: the owner runs migrations, the application may do only what it is granted.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv owner_password MHEP_OWNER_PASSWORD
\getenv app_password MHEP_APP_PASSWORD
CREATE ROLE mhep_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE mhep_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
CREATE DATABASE mhep OWNER mhep_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE mhep FROM PUBLIC;
GRANT CONNECT ON DATABASE mhep TO mhep_app;
SQL
