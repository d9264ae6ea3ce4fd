package postgres_test

import (
	"context"
	"log"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/postgres"
)

// The password is left to PGPASSWORD or PGPASSFILE, where other programs don't
// see it.
func Example() {
	ctx := context.Background()
	s, err := postgres.Open(ctx, "postgres://inbox@db.example.com/helpdesk", postgres.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	err = s.Update(ctx, func(tx store.Tx) error {
		return tx.PutTeams(store.Team{
			Account: store.DefaultAccount, ID: "support", Name: "Support", Members: []store.UserID{"alice", "bob"},
		})
	})
	if err != nil {
		log.Print(err)
	}
}

// A host that uses Postgres already hands over its pool.
func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	s, err := postgres.New(ctx, pool, postgres.Config{Schema: "inbox"})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
}
