package inbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/postgres"
	"github.com/teaminbox/teaminbox/store/sqlite"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// hostDB is a database with the host's table orders and the inbox in it.
type hostDB interface {
	store() store.Store
	// transact runs fn in a transaction of the host's and commits it, unless fn
	// fails. insert adds an order.
	transact(ctx context.Context, fn func(s store.Store, insert func() error) error) error
	orders(ctx context.Context) (int, error)
}

const createOrders, insertOrder, countOrders = `CREATE TABLE orders (id INTEGER)`, `INSERT INTO orders VALUES (1)`, `SELECT count(*) FROM orders`

type postgresHost struct {
	s    *postgres.Store
	pool *pgxpool.Pool
}

func newPostgresHost(t *testing.T) hostDB {
	pool, err := pgxpool.New(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := postgres.New(t.Context(), pool, postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := pool.Exec(t.Context(), createOrders); err != nil {
		t.Fatal(err)
	}
	return postgresHost{s, pool}
}

func (h postgresHost) store() store.Store { return h.s }

func (h postgresHost) transact(ctx context.Context, fn func(s store.Store, insert func() error) error) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		return fn(h.s.Within(tx), func() error { _, err := tx.Exec(ctx, insertOrder); return err })
	})
}

func (h postgresHost) orders(ctx context.Context) (n int, err error) {
	return n, h.pool.QueryRow(ctx, countOrders).Scan(&n)
}

type sqliteHost struct {
	s  *sqlite.Store
	db *sql.DB
}

func newSQLiteHost(t *testing.T) hostDB {
	path := filepath.Join(t.TempDir(), "inbox.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Config{NotifyInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	name := url.URL{Scheme: "file", Path: path, OmitHost: true, RawQuery: "_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(full)"}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), createOrders); err != nil {
		t.Fatal(err)
	}
	return sqliteHost{s, db}
}

func (h sqliteHost) store() store.Store { return h.s }

func (h sqliteHost) transact(ctx context.Context, fn func(s store.Store, insert func() error) error) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(h.s.Within(tx), func() error { _, err := tx.ExecContext(ctx, insertOrder); return err }); err != nil {
		return err
	}
	return tx.Commit()
}

func (h sqliteHost) orders(ctx context.Context) (n int, err error) {
	return n, h.db.QueryRowContext(ctx, countOrders).Scan(&n)
}

// TestWithin has an engine running on a database, and a host that changes
// conversations in transactions of its own.
func TestWithin(t *testing.T) {
	for name, open := range map[string]func(*testing.T) hostDB{"postgres": newPostgresHost, "sqlite": newSQLiteHost} {
		t.Run(name, func(t *testing.T) { testWithin(t, open(t)) })
	}
}

var errRollback = errors.New("the host rolls back")

func testWithin(t *testing.T, db hostDB) {
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	carrier, err := simulated.New(simulated.Config{})
	must(err)
	in, err := inbox.New(inbox.Config{
		Store: db.store(), Channels: []channel.Channel{carrier}, Logger: slog.New(slog.DiscardHandler),
		PollInterval: time.Hour, // nothing is found by polling
	})
	must(err)
	const ours = "+14155550100"
	admin := in.Admin(inbox.DefaultAccount)
	must(admin.SaveUser(ctx, inbox.User{ID: "alice", Name: "Alice", Licensed: true}))
	must(admin.SaveTeam(ctx, inbox.Team{ID: "support", Name: "Support", Members: []inbox.UserID{"alice"}}))
	must(admin.SaveInbox(ctx, store.Inbox{ID: "support", Name: "Support", Team: "support", Endpoints: []store.Endpoint{{Channel: carrier.Name(), Address: ours}}}))
	running := make(chan error, 1)
	go func() { running <- in.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-running; !errors.Is(err, context.Canceled) && err != nil {
			t.Errorf("Run: %v", err)
		}
	})

	phone := carrier.Phone("+14155550123")
	_, err = phone.Send(ours, "Where is my order?")
	must(err)
	alice := in.Agent(inbox.DefaultAccount, "alice")
	var conversation store.ConversationID
	for event, err := range alice.Events(ctx, 0) {
		must(err)
		if conversation = event.Conversation; event.Type == store.Alerted {
			break
		}
	}
	before, err := alice.Now(ctx)
	must(err)

	// What is rolled back never was: not for the customer, nor for anybody else.
	err = db.transact(ctx, func(s store.Store, insert func() error) error {
		must(insert())
		_, err := in.Within(s).Agent(inbox.DefaultAccount, "alice").Reply(ctx, conversation, inbox.Draft{Text: "Never."})
		must(err)
		must(in.Within(s).Admin(inbox.DefaultAccount).SaveUser(ctx, inbox.User{ID: "dave", Name: "Dave", Licensed: true}))
		_, err = in.Within(s).Agent(inbox.DefaultAccount, "dave").List(ctx, inbox.ListQuery{})
		must(err)
		return errRollback
	})
	if !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
	must(admin.SaveUser(ctx, inbox.User{ID: "bob", Name: "Bob", Licensed: true})) // the Directory has the version again that dave was in
	if _, err := in.Agent(inbox.DefaultAccount, "dave").List(ctx, inbox.ListQuery{}); !errors.Is(err, inbox.ErrUnlicensed) {
		t.Errorf("dave can list: %v", err)
	}

	// What is committed is there together; what was refused takes nothing else
	// with it; and a message that the host hands in twice is there once.
	var reply store.Message
	must(db.transact(ctx, func(s store.Store, insert func() error) error {
		must(insert())
		tx := in.Within(s)
		bob, alice := tx.Agent(inbox.DefaultAccount, "bob"), tx.Agent(inbox.DefaultAccount, "alice")
		if _, err := bob.Reply(ctx, conversation, inbox.Draft{Text: "Not mine."}); !errors.Is(err, inbox.ErrNotFound) {
			t.Errorf("bob's reply: %v", err)
		}
		reply, err = alice.Reply(ctx, conversation, inbox.Draft{Text: "On its way.", RequestKey: "sent-1"})
		must(err)
		again, err := alice.Reply(ctx, conversation, inbox.Draft{Text: "On its way.", RequestKey: "sent-1"})
		must(err)
		if again.ID != reply.ID {
			t.Errorf("the same request made %v and %v", reply.ID, again.ID)
		}
		_, err = alice.Note(ctx, conversation, "The order is packed.", "")
		must(err)
		must(alice.Claim(ctx, conversation))
		for duplicate := range 2 {
			accepted, err := tx.Receive(ctx, carrier.Name(), channel.Inbound{ProviderID: "from the host", From: "+14155550124", To: ours, Text: "Hello"})
			must(err)
			if accepted.Duplicate != (duplicate == 1) {
				t.Errorf("received: %+v", accepted)
			}
		}
		seen, err := alice.Conversation(ctx, conversation)
		must(err)
		if seen.ClaimedBy != "alice" {
			t.Errorf("within the transaction it is claimed by %q", seen.ClaimedBy)
		}
		return nil
	}))
	_, err = phone.WaitFor(ctx, func(m simulated.Message) bool { return m.Text == "On its way." })
	must(err)
	if n, err := db.orders(ctx); err != nil || n != 1 {
		t.Errorf("there are %d orders, %v", n, err)
	}
	want := map[store.EventType]bool{store.MessageQueued: true, store.NoteAdded: true, store.ConversationClaimed: true, store.ConversationOpened: true, store.MessageState: true}
	for event, err := range alice.Events(ctx, before) {
		must(err)
		if event.Type == store.MessageQueued && event.Message != reply.ID {
			t.Errorf("another message is queued: %+v", event)
		}
		if delete(want, event.Type); len(want) == 0 {
			break
		}
	}
	for _, m := range phone.Messages() {
		if m.Text == "Never." {
			t.Error("the reply that was rolled back was sent")
		}
	}

	// The law of consent holds within, too.
	_, err = phone.Send(ours, "STOP")
	must(err)
	_, err = phone.Wait(ctx, 2) // the confirmation
	must(err)
	must(db.transact(ctx, func(s store.Store, insert func() error) error {
		var blocked *inbox.BlockedError
		if _, err := in.Within(s).Agent(inbox.DefaultAccount, "alice").Reply(ctx, conversation, inbox.Draft{Text: "But wait!"}); !errors.As(err, &blocked) {
			t.Errorf("a reply to somebody who has opted out: %v", err)
		}
		return insert()
	}))
	if n, err := db.orders(ctx); err != nil || n != 2 {
		t.Errorf("there are %d orders, %v", n, err)
	}
}

// A transaction of the host's that stays open holds up those who need the same
// conversation, and nobody else.
func TestWithinHoldsUpNobodyElse(t *testing.T) {
	db := newPostgresHost(t)
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(stop)
	in, conversation, err := shopInbox(ctx, db.store())
	if err != nil {
		t.Fatal(err)
	}
	alice := in.Agent(inbox.DefaultAccount, "alice")
	noted := make(chan error, 1)
	err = db.transact(ctx, func(s store.Store, _ func() error) error {
		if _, err := in.Within(s).Agent(inbox.DefaultAccount, "alice").Note(ctx, conversation, "from the host", ""); err != nil {
			return err
		}
		go func() {
			_, err := alice.Note(ctx, conversation, "meanwhile", "")
			noted <- err
		}()
		// While it is open, strangers come through: together with what waits, and by themselves.
		received := make(chan error, 20)
		for i := range cap(received) {
			go func() {
				from := channel.Address(fmt.Sprintf("+141555501%02d", 30+i))
				_, err := in.Receive(ctx, "simulated", channel.Inbound{ProviderID: string(from), From: from, To: "+14155550100", Text: "Hello"})
				received <- err
			}()
		}
		for range cap(received) {
			if err := <-received; err != nil {
				t.Errorf("a stranger's message: %v", err)
			}
		}
		select {
		case err := <-noted:
			t.Errorf("the note did not wait: %v", err)
		default:
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-noted; err != nil {
		t.Errorf("after the commit: %v", err)
	}
}
