package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// heldStore is a store in which somebody else's transaction holds conversations.
type heldStore struct {
	store.Store
	mute bool // it does not know which

	mu      sync.Mutex
	held    map[store.ConversationID]bool
	batches []int // of changes, as they were tried
}

type heldTx struct {
	store.Tx
	s *heldStore
}

func (s *heldStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(heldTx{tx, s}) })
}

func (s *heldStore) hold(id store.ConversationID, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[id] = is
}

func (t heldTx) Prefetch(k store.Keys) error {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	if len(k.Conversations) > 0 {
		t.s.batches = append(t.s.batches, len(k.Conversations))
	}
	var busy store.Keys
	for _, id := range k.Conversations {
		if t.s.held[id] {
			busy.Conversations = append(busy.Conversations, id)
		}
	}
	if len(busy.Conversations) == 0 {
		return nil
	}
	if t.s.mute {
		busy = store.Keys{}
	}
	return &store.BusyError{Keys: busy, Err: store.ErrBusy}
}

// parting has changes on ten conversations made at once, while the third is
// held, and returns the channels that give their outcomes.
func parting(ctx context.Context, c *committer) [10]chan error {
	var outcomes [10]chan error
	for i := range outcomes {
		outcomes[i] = make(chan error, 1)
		go func() {
			outcomes[i] <- c.do(ctx, false, func(t *tx) error {
				return t.PutContacts(store.Contact{ID: store.ContactID(i + 1), Account: "acme"})
			}, expectation{reads: func(_ *tx, round int) store.Keys {
				if round > 0 {
					return store.Keys{}
				}
				return store.Keys{Conversations: []store.ConversationID{store.ConversationID(i)}}
			}})
		}()
	}
	return outcomes
}

const heldConversation = 3

func testParting(t *testing.T, mute bool, then func(t *testing.T, s *heldStore, c *committer, cancel context.CancelFunc, held <-chan error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &heldStore{Store: memory.New(), mute: mute, held: map[store.ConversationID]bool{heldConversation: true}}
		c := newCommitter(s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		outcomes := parting(ctx, c)
		time.Sleep(longestPart)
		synctest.Wait()
		for i, outcome := range outcomes {
			select {
			case err := <-outcome:
				if i == heldConversation || err != nil {
					t.Errorf("the change of conversation %d has ended with %v", i, err)
				}
			default:
				if i != heldConversation {
					t.Errorf("conversation %d is held up by another", i)
				}
			}
		}
		if n := c.length(); n != 1 {
			t.Errorf("%d changes wait, want 1", n)
		}
		then(t, s, c, cancel, outcomes[heldConversation])
		if n := c.length(); n != 0 || c.leaders > 0 {
			t.Errorf("at the end %d changes wait, leaders: %d", n, c.leaders)
		}
	})
}

// A change that needs what somebody else holds waits, and nobody else does.
func TestBusyChangeIsParted(t *testing.T) {
	for _, mute := range []bool{false, true} {
		t.Run(fmt.Sprintf("mute %t", mute), func(t *testing.T) {
			testParting(t, mute, func(t *testing.T, s *heldStore, c *committer, _ context.CancelFunc, held <-chan error) {
				s.hold(heldConversation, false)
				begun := time.Now()
				if err := <-held; err != nil || time.Since(begun) > longestPart {
					t.Errorf("after it was let go: %v after %v", err, time.Since(begun))
				}
				synctest.Wait()
			})
		})
	}
}

func TestBusyChangeIsGivenUp(t *testing.T) {
	testParting(t, false, func(t *testing.T, _ *heldStore, _ *committer, _ context.CancelFunc, held <-chan error) {
		begun := time.Now()
		if err := <-held; !errors.Is(err, store.ErrBusy) || time.Since(begun) > partLimit+longestPart {
			t.Errorf("%v after %v, want ErrBusy", err, time.Since(begun))
		}
		synctest.Wait()
	})
}

func TestBusyChangeEndsWithItsContext(t *testing.T) {
	testParting(t, false, func(t *testing.T, _ *heldStore, _ *committer, cancel context.CancelFunc, held <-chan error) {
		cancel()
		if err := <-held; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want that of the context", err)
		}
		synctest.Wait()
	})
}

// What waits apart counts among what may wait.
func TestPartedChangesAreBounded(t *testing.T) {
	testParting(t, false, func(t *testing.T, s *heldStore, c *committer, _ context.CancelFunc, held <-chan error) {
		c.maxWaiting = 1
		if err := c.do(t.Context(), false, func(*tx) error { return nil }); !errors.Is(err, ErrOverloaded) {
			t.Errorf("%v, want ErrOverloaded", err)
		}
		s.hold(heldConversation, false)
		if err := <-held; err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

// Of a change that may have been made in an earlier try, its caller is told so,
// although it was given up while it waited.
func TestPartedChangeKeepsItsDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outcomes := []error{store.ErrUnknown, &store.BusyError{Err: store.ErrBusy}}
		s := &gateStore{result: func(n int) error { return outcomes[min(n, len(outcomes))-1] }}
		c := newCommitter(s)
		ctx, cancel := context.WithCancel(t.Context())
		outcome := make(chan error, 1)
		go func() { outcome <- c.do(ctx, false, func(*tx) error { return nil }) }()
		synctest.Wait()
		cancel()
		if err := <-outcome; !errors.Is(err, store.ErrUnknown) || !errors.Is(err, store.ErrBusy) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want ErrUnknown, and why it was given up", err)
		}
	})
}
