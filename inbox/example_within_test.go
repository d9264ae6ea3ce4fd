package inbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

// A host tells its customer in the same transaction in which it notes that the
// order was sent: there is no order of which the customer does not hear, and no
// message about one that was not sent. With Postgres it is the same, with a
// pgx.Tx.
func ExampleInbox_Within() {
	if err := shipOrder(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// queued: Order 17 is on its way.
	// orders sent: 1
}

func shipOrder(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.ToSlash(filepath.Join(dir, "shop.db"))
	inboxes, err := sqlite.Open(ctx, path, sqlite.Config{})
	if err != nil {
		return err
	}
	defer inboxes.Close()
	shop, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(full)")
	if err != nil {
		return err
	}
	defer shop.Close()
	if _, err := shop.ExecContext(ctx, `CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT); INSERT INTO orders VALUES (17, 'paid')`); err != nil {
		return err
	}
	in, conversation, err := shopInbox(ctx, inboxes)
	if err != nil {
		return err
	}

	tx, err := shop.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // has no effect after the commit
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = 'sent' WHERE id = 17`); err != nil {
		return err
	}
	alice := in.Within(inboxes.Within(tx)).Agent(inbox.DefaultAccount, "alice")
	reply, err := alice.Reply(ctx, conversation, inbox.Draft{Text: "Order 17 is on its way.", RequestKey: "order-17-sent"})
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}

	fmt.Printf("%s: %s\n", reply.State, reply.Text)
	var sent int
	if err := shop.QueryRowContext(ctx, `SELECT count(*) FROM orders WHERE state = 'sent'`).Scan(&sent); err != nil {
		return err
	}
	fmt.Println("orders sent:", sent)
	return nil
}

// shopInbox returns an engine, and a conversation of alice's in it.
func shopInbox(ctx context.Context, s store.Store) (*inbox.Inbox, store.ConversationID, error) {
	carrier, err := simulated.New(simulated.Config{})
	if err != nil {
		return nil, 0, err
	}
	in, err := inbox.New(inbox.Config{Store: s, Channels: []channel.Channel{carrier}})
	if err != nil {
		return nil, 0, err
	}
	admin := in.Admin(inbox.DefaultAccount)
	if err := errors.Join(
		admin.SaveUser(ctx, inbox.User{ID: "alice", Name: "Alice", Licensed: true}),
		admin.SaveTeam(ctx, inbox.Team{ID: "shop", Name: "Shop", Members: []inbox.UserID{"alice"}}),
		admin.SaveInbox(ctx, store.Inbox{ID: "shop", Name: "Acme Shop", Team: "shop", Endpoints: []store.Endpoint{{Channel: carrier.Name(), Address: "+14155550100"}}}),
	); err != nil {
		return nil, 0, err
	}
	accepted, err := in.Receive(ctx, carrier.Name(), channel.Inbound{ProviderID: "1", From: "+14155550123", To: "+14155550100", Text: "Is it sent already?"})
	return in, accepted.Conversation, err
}
