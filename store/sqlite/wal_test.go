package sqlite

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/teaminbox/teaminbox/store"
)

// A log that is cut off or damaged somewhere, as a crash of the machine may
// leave it, is read as far as it is whole: what is there is what was committed
// up to some moment.
func TestDamagedLogIsReadToItsLastWholeCommit(t *testing.T) {
	s := manual(t)
	if err := s.checkpoints.checkpoint(t.Context(), "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	const commits = 30
	for range commits {
		update(t, s, func(tx store.Tx) error { _, err := appendMessages(tx, 3); return err })
	}
	file, log := read(t, s.path), read(t, s.path+"-wal")
	rounds := 200
	if underRace {
		rounds = 40
		t.Logf("with the race detector %d damages, not 200", rounds)
	}
	random := rand.New(rand.NewPCG(3, 4))
	shorter := 0
	for round := range rounds {
		damaged := append([]byte(nil), log...)
		at := random.IntN(len(log))
		if round%2 == 0 {
			damaged = damaged[:at]
		} else {
			damaged[at] ^= 1 << random.IntN(8)
		}
		path := filepath.Join(t.TempDir(), "copy.db")
		write(t, path, file)
		write(t, path+"-wal", damaged)
		copied := openAt(t, path, Config{})
		view(t, copied, func(tx store.Tx) error {
			found, err := tx.ListMessages(store.MessageQuery{Conversation: 1, Limit: 1000})
			events, _ := tx.Events(store.EventQuery{Account: "default", Limit: 1000})
			last, _ := tx.LastEvent("default")
			if len(found)%3 != 0 || len(events) != len(found) || int(last) != len(found) || len(found) > 0 && found[0].Seq != int64(len(found)) {
				t.Errorf("round %d, damage at %d: %d messages, %d events, last cursor %d", round, at, len(found), len(events), last)
			}
			if len(found) < 3*commits {
				shorter++
			}
			return err
		})
		checkIntegrity(t, copied)
		update(t, copied, func(tx store.Tx) error { _, err := appendMessages(tx, 3); return err })
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
	}
	if shorter < rounds/2 {
		t.Errorf("only %d of %d damaged logs lost a commit: the damage is not real", shorter, rounds)
	}
	t.Logf("%d logs damaged, %d of them lost a commit", rounds, shorter)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
