// Package postgres keeps everything in one schema of a Postgres database.
package postgres
