package sqlite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

func Example() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	s, err := sqlite.Open(ctx, filepath.Join(dir, "inbox.db"), sqlite.Config{})
	if err != nil {
		log.Fatal(err)
	}
	err = s.Update(ctx, func(tx store.Tx) error {
		return tx.PutTeams(store.Team{
			Account: store.DefaultAccount, ID: "support", Name: "Support", Members: []store.UserID{"alice", "bob"},
		})
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := s.Close(); err != nil {
		log.Fatal(err)
	}

	// Later, perhaps after a crash:
	s, err = sqlite.Open(ctx, filepath.Join(dir, "inbox.db"), sqlite.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	err = s.View(ctx, func(tx store.Tx) error {
		team, err := store.One(tx.Teams(store.DefaultAccount))
		if err != nil {
			return err
		}
		fmt.Println(team.Name, team.Members, "version", team.Version)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// Support [alice bob] version 1
}

func ExampleStore_Backup() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	s, err := sqlite.Open(ctx, filepath.Join(dir, "inbox.db"), sqlite.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Backup(ctx, filepath.Join(dir, "inbox-backup.db")); err != nil {
		log.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "inbox*.db"))
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range names {
		fmt.Println(filepath.Base(name))
	}
	// Output:
	// inbox-backup.db
	// inbox.db
}
