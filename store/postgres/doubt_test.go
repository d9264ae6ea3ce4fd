//go:build unix

package postgres

import (
	"context"
	"errors"
	"strconv"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
)

// A server that crashes forgets that it has given a number to a transaction
// which had written nothing yet, and gives it to another one when it is back.
// What becomes of that is not what became of this.
func TestNumberGivenTwice(t *testing.T) {
	for name, crash := range map[string]func(*testing.T, *pgtest.Server){
		"the server":           crashServer,
		"one of its processes": crashSession,
	} {
		t.Run("a crash of "+name, func(t *testing.T) {
			t.Parallel()
			// Otherwise the server writes down its numbers every now and then.
			server := pgtest.Own(t, pgtest.Options{Settings: map[string]string{"wal_level": "minimal", "max_wal_senders": "0", "wal_writer_delay": "10s"}})
			s := openAt(t, server.URL("postgres"), Config{})
			var id store.ContactID
			put := putContact(&id, "Dave")
			tries := 0
			err := s.Update(context.Background(), func(other store.Tx) error {
				if err := put(other); err != nil {
					return err
				}
				if tries++; tries == 1 {
					crash(t, server)
					giveAgain(t, server, other.(*tx).id)
				}
				return nil
			})
			there := len(contactNames(t, s, id)) == 1
			if err == nil && !there || err != nil && !errors.Is(err, store.ErrUnknown) {
				t.Errorf("Update: %v, and it is stored: %v", err, there)
			}
		})
	}
}

func crashServer(t *testing.T, server *pgtest.Server) {
	t.Helper()
	if err := errors.Join(server.Kill(), server.Start()); err != nil {
		t.Fatal(err)
	}
}

// crashSession kills a session of the server, which ends all others and recovers.
func crashSession(t *testing.T, server *pgtest.Server) {
	t.Helper()
	ctx := t.Context()
	victim, witness := connect(t, server), connect(t, server)
	defer victim.Close(ctx)
	defer witness.Close(ctx)
	if err := syscall.Kill(int(victim.PgConn().PID()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := witness.WaitForNotification(ctx); err == nil {
		t.Fatal("a notification that nobody has sent")
	}
	for ctx.Err() == nil {
		if conn, err := pgx.Connect(ctx, server.URL("postgres")); err == nil {
			_ = conn.Close(ctx)
			return
		}
	}
}

// giveAgain makes transactions until one gets a number.
func giveAgain(t *testing.T, server *pgtest.Server, id string) {
	t.Helper()
	conn := connect(t, server)
	defer conn.Close(t.Context())
	wanted, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for given := int64(0); given != wanted; {
		if err := conn.QueryRow(t.Context(), `SELECT pg_current_xact_id()::text::bigint`).Scan(&given); err != nil {
			t.Fatal(err)
		}
		if given > wanted {
			t.Fatalf("number %d is not given again, but %d; the test needs it", wanted, given)
		}
	}
}

func connect(t *testing.T, server *pgtest.Server) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
