package postgres

import (
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// A pool of the host's may send statements in another way, as some do for a
// pooler between it and the server.
func TestExecModes(t *testing.T) {
	url := pgtest.Database(t)
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		t.Run(mode.String(), func(t *testing.T) {
			cfg, err := pgxpool.ParseConfig(url)
			if err != nil {
				t.Fatal(err)
			}
			cfg.ConnConfig.DefaultQueryExecMode = mode
			pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(pool.Close)
			s, err := New(t.Context(), pool, Config{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			tx := begin(t, s, pgx.TxOptions{})
			for _, on := range []store.Store{s, s.Within(tx)} {
				var id store.ContactID
				update(t, on, putContact(&id, "Dave"))
				update(t, on, func(tx store.Tx) error {
					c, err := store.One(tx.Contacts(id))
					if err != nil {
						return err
					}
					c.Name = "David"
					return tx.PutContacts(c)
				})
				update(t, on, appendEvent("acme", store.Alerted))
				if names := contactNames(t, on, id); len(names) != 1 || names[0] != "David" {
					t.Errorf("the contact is %v", names)
				}
			}
			commit(t, tx)
		})
	}
}
