package postgres

import (
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/internal/pgtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/storetest"
)

func TestConformance(t *testing.T) {
	urls := make(map[store.Store]string)
	open := func(t testing.TB, url string) store.Store {
		s := openAt(t, url, Config{NotifyInterval: time.Millisecond})
		urls[s] = url
		return s
	}
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) store.Store { return open(t, pgtest.Database(t)) },
		// A second Store on the schema stands for another process.
		Reopen: func(t testing.TB, s store.Store) store.Store { return open(t, urls[s]) },
	})
}
