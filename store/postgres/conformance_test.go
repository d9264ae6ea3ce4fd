package postgres

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"crypto/rand"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) store.Store { return openAt(t, newSchema(t)) },
		// A second Store on the schema stands for another process.
		Reopen: func(t testing.TB, s store.Store) store.Store { return openAt(t, s.(*Store).cfg.Schema) },
	})
}

// newSchema returns the name of a schema that is not there yet, and removes it
// at the end.
func newSchema(t testing.TB) string {
	t.Helper()
	url := os.Getenv("TEAMINBOX_POSTGRES_URL")
	if url == "" {
		t.Skip("needs TEAMINBOX_POSTGRES_URL")
	}
	schema := "t_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	return schema
}

// openAt opens a Store and closes it at the end of the test.
func openAt(t testing.TB, schema string) *Store {
	t.Helper()
	s, err := Open(context.Background(), os.Getenv("TEAMINBOX_POSTGRES_URL"), Config{Schema: schema, NotifyInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
