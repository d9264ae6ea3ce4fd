package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// prefix begins the name of each database, so that those of tests that were
// killed can be told from others.
const prefix = "pgtest_"

// cluster is a server in which databases can be made. Its URL names the
// database to be in meanwhile.
type cluster struct {
	url       string
	copyFiles bool // how a database is made
}

// create makes an empty database and returns its name. Copying the files of a
// template is quicker than logging them, but it waits until everything is on
// disk: for where the disk is not waited for, and for nobody else's server.
func (c cluster) create(ctx context.Context) (string, error) {
	name := prefix + strings.ToLower(rand.Text())
	strategy := "wal_log"
	if c.copyFiles {
		strategy = "file_copy"
	}
	return name, c.exec(ctx, "create database "+name+" template template0 encoding 'UTF8' strategy "+strategy)
}

// drop drops a database, and who is in it.
func (c cluster) drop(ctx context.Context, name string) error {
	return c.exec(ctx, "drop database "+name+" with (force)")
}

func (c cluster) exec(ctx context.Context, sql string) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql).ReadAll()
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" { // insufficient_privilege
		err = fmt.Errorf("%w: give the user of %s the right CREATEDB", err, urlVariable)
	}
	return errors.Join(err, conn.Close(ctx))
}

// connect connects to a server that is new enough.
func (c cluster) connect(ctx context.Context) (*pgconn.PgConn, error) {
	conn, err := pgconn.Connect(ctx, c.url)
	if err != nil {
		return nil, err
	}
	if version := conn.ParameterStatus("server_version"); major(version) < oldest {
		return nil, errors.Join(fmt.Errorf("the server is Postgres %s: %w", version, errMissing), conn.Close(ctx))
	}
	return conn, nil
}

// database returns the URL of a database of the same server.
func (c cluster) database(name string) string {
	u, err := url.Parse(c.url)
	if err != nil {
		panic("a URL that was checked: " + err.Error())
	}
	u.Path = "/" + name
	return u.String()
}
