package storetest

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/teaminbox/teaminbox/store"
)

// The defects of work are in leases and in what is due.

// leaser overrides the methods that give leases.
type leaser struct {
	store.Tx
	due     func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error)
	lease   func(tx store.Tx, owner string, ttl time.Duration, cs []store.ConversationID) ([]store.Lease, error)
	release func(tx store.Tx, ls []store.Lease) error
	next    func(tx store.Tx) (time.Time, bool, error)
}

func (t leaser) LeaseDue(q store.LeaseQuery) ([]store.Lease, error) {
	if t.due == nil {
		return t.Tx.LeaseDue(q)
	}
	return t.due(t.Tx, q)
}

func (t leaser) Lease(owner string, ttl time.Duration, cs ...store.ConversationID) ([]store.Lease, error) {
	if t.lease == nil {
		return t.Tx.Lease(owner, ttl, cs...)
	}
	return t.lease(t.Tx, owner, ttl, cs)
}

func (t leaser) Release(ls ...store.Lease) error {
	if t.release == nil {
		return t.Tx.Release(ls...)
	}
	return t.release(t.Tx, ls)
}

func (t leaser) NextDue() (time.Time, bool, error) {
	if t.next == nil {
		return t.Tx.NextDue()
	}
	return t.next(t.Tx)
}

func leases(l leaser) func(*mutant) {
	return inTx(func(tx store.Tx) store.Tx {
		own := l
		own.Tx = tx
		return own
	})
}

// given remembers which leases were given.
type given struct {
	mu     sync.Mutex
	leases []store.Lease
	until  []time.Time // by the caller's clock
	known  map[store.ConversationID]bool
}

func (g *given) note(ls []store.Lease, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range ls {
		g.leases, g.until = append(g.leases, l), append(g.until, until)
	}
}

// first notes the first leases of conversations only.
func (g *given) first(ls []store.Lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = make(map[store.ConversationID]bool)
	}
	for _, l := range ls {
		if !g.known[l.Conversation] {
			g.known[l.Conversation] = true
			g.leases = append(g.leases, l)
		}
	}
}

// forget returns what was noted, and forgets it.
func (g *given) forget() []store.Lease {
	g.mu.Lock()
	defer g.mu.Unlock()
	ls := g.leases
	g.leases = nil
	return ls
}

// endedBy returns the leases that have ended at a moment of the caller's.
func (g *given) endedBy(now time.Time) []store.Lease {
	g.mu.Lock()
	defer g.mu.Unlock()
	var ended []store.Lease
	for i, l := range g.leases {
		if !now.Before(g.until[i]) {
			ended = append(ended, l)
		}
	}
	return ended
}

func workDefects() []defect {
	return []defect{
		{"a lease is given twice", []string{"leases/not what is held", "leases/many at once", "processes/leases"}, func(m *mutant) {
			var g given
			leases(leaser{
				due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
					if err := tx.Release(g.forget()...); err != nil {
						return nil, err
					}
					ls, err := tx.LeaseDue(q)
					g.first(ls)
					return ls, err
				},
				lease: func(tx store.Tx, owner string, ttl time.Duration, cs []store.ConversationID) ([]store.Lease, error) {
					ls, err := tx.Lease(owner, ttl, cs...)
					g.first(ls)
					return ls, err
				},
			})(m)
		}},
		{"leases run by the caller's clock", []string{"leases/by the store's clock"}, func(m *mutant) {
			var g given
			leases(leaser{due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				if err := tx.Release(g.endedBy(q.Now)...); err != nil {
					return nil, err
				}
				ls, err := tx.LeaseDue(q)
				g.note(ls, q.Now.Add(q.TTL))
				return ls, err
			}})(m)
		}},
		{"the fence is always 1", []string{"leases/fences grow", "leases/run out and taken by another"}, leases(leaser{
			due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				ls, err := tx.LeaseDue(q)
				return firstFence(ls), err
			},
			lease: func(tx store.Tx, owner string, ttl time.Duration, cs []store.ConversationID) ([]store.Lease, error) {
				ls, err := tx.Lease(owner, ttl, cs...)
				return firstFence(ls), err
			},
			release: releaseAny,
		})},
		{"a lease that is prolonged gets another fence", []string{"leases/prolonged", "leases/others' are left out"}, leases(leaser{
			lease: func(tx store.Tx, owner string, ttl time.Duration, cs []store.ConversationID) ([]store.Lease, error) {
				held, err := tx.Leases(cs...)
				if err != nil {
					return nil, err
				}
				held = slices.DeleteFunc(held, func(l store.Lease) bool { return l.Owner != owner })
				if err := tx.Release(held...); err != nil {
					return nil, err
				}
				return tx.Lease(owner, ttl, cs...)
			},
		})},
		{"a lease is taken from its holder", []string{"leases/others' are left out", "leases/many want one"}, leases(leaser{
			lease: func(tx store.Tx, owner string, ttl time.Duration, cs []store.ConversationID) ([]store.Lease, error) {
				held, err := tx.Leases(cs...)
				if err != nil {
					return nil, err
				}
				if err := tx.Release(slices.DeleteFunc(held, func(l store.Lease) bool { return l.Owner == owner })...); err != nil {
					return nil, err
				}
				return tx.Lease(owner, ttl, cs...)
			},
		})},
		{"a release does not ask for the fence", []string{"leases/stale release", "leases/run out and taken by another"}, leases(leaser{release: releaseAny})},
		{"leases never end", []string{"leases/run out"}, leases(leaser{
			due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				q.TTL = 1000 * time.Hour
				return tx.LeaseDue(q)
			},
		})},
		{"what is set aside is leased", []string{"leases/not what is set aside"}, leases(leaser{
			due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				ls, err := tx.LeaseDue(q)
				if err != nil {
					return nil, err
				}
				aside, err := tx.TasksSetAside(acme, 10)
				if err != nil {
					return nil, err
				}
				for _, t := range aside {
					more, err := tx.Lease(q.Owner, q.TTL, t.Conversation)
					if err != nil {
						return nil, err
					}
					ls = append(ls, more...)
				}
				return ls, nil
			},
		})},
		{"what is due at this moment waits", []string{"leases/due to the microsecond"}, leases(leaser{
			due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				q.Now = q.Now.Add(-time.Microsecond)
				return tx.LeaseDue(q)
			},
		})},
		{"what is due is in no order", []string{"leases/longest due first", "leases/each conversation once"}, leases(leaser{
			due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				ls, err := tx.LeaseDue(q)
				slices.SortFunc(ls, func(a, b store.Lease) int { return cmp.Compare(a.Conversation, b.Conversation) })
				return ls, err
			},
		})},
		{"accounts do not take turns", []string{"leases/accounts take turns", "leases/no account waits for the others' backlogs", "leases/turns among many accounts without work"}, leases(leaser{
			due: sorted(func(a, b dueLease) int { return a.task.DueAt.Compare(b.task.DueAt) }),
		})},
		{"every call begins with the account that waits longest", []string{"leases/no account waits for the others' backlogs"}, leases(leaser{
			due: sorted(func(a, b dueLease) int { return cmp.Compare(a.place, b.place) }), // as turns are, if there is room for all
		})},
		{"every call begins with the first account", []string{"leases/no account waits for the others' backlogs"}, leases(leaser{
			due: sorted(func(a, b dueLease) int { return cmp.Compare(a.task.Account, b.task.Account) }),
		})},
		{"an account has one turn in a call", []string{"leases/accounts take turns", "leases/turns among many accounts without work"}, leases(leaser{
			due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				seen := make(map[store.AccountID]bool)
				return keepOf(tx, q, func(ls []dueLease) []dueLease {
					return slices.DeleteFunc(ls, func(l dueLease) bool {
						defer func() { seen[l.task.Account] = true }()
						return seen[l.task.Account]
					})
				})
			},
		})},
		{"an account's work is in no order", []string{"leases/accounts take turns", "leases/no account waits for the others' backlogs"}, leases(leaser{
			due: sorted(func(a, b dueLease) int {
				return cmp.Or(cmp.Compare(b.task.ID, a.task.ID), cmp.Compare(a.place, b.place))
			}),
		})},
		{"accounts that are far behind others are not looked at", []string{"leases/turns among many accounts without work"}, leases(leaser{
			due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				return keepOf(tx, q, func(ls []dueLease) []dueLease {
					return slices.DeleteFunc(ls, func(l dueLease) bool { return l.task.Account > "account 100" })
				})
			},
		})},
		{"a lease is missed when others take some", []string{"leases/turns of many at once"}, func(m *mutant) {
			calls := 0
			leases(leaser{due: func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
				if calls++; calls > 12 { // "no work", while there is
					return nil, nil
				}
				return tx.LeaseDue(q)
			}})(m)
		}},
		{"the next due is one that is held", []string{"next due/not set aside, not held"}, leases(leaser{
			next: func(tx store.Tx) (time.Time, bool, error) {
				at, any, err := tx.NextDue()
				if !any {
					at, any = noon, true
				}
				return at, any, err
			},
		})},
		{"tasks are never replaced", []string{"tasks/replaced"}, inTx(func(tx store.Tx) store.Tx { return firstTask{tx} })},
	}
}

// dueLease is a lease with the task that it was given for.
type dueLease struct {
	store.Lease
	task  store.Task
	place int // among those that were given
}

// keepOf takes leases of everything that is due and releases all but some.
func keepOf(tx store.Tx, q store.LeaseQuery, choose func([]dueLease) []dueLease) ([]store.Lease, error) {
	limit := q.Limit
	q.Limit = 1000
	given, err := tx.LeaseDue(q)
	if err != nil {
		return nil, err
	}
	due := make([]dueLease, len(given))
	for i, l := range given {
		tasks, err := tx.Tasks(l.Conversation)
		if err != nil {
			return nil, err
		}
		tasks = slices.DeleteFunc(tasks, func(t store.Task) bool { return t.SetAside })
		due[i] = dueLease{l, slices.MinFunc(tasks, func(a, b store.Task) int { return a.DueAt.Compare(b.DueAt) }), i}
	}
	var kept []store.Lease
	for _, l := range choose(due) {
		if len(kept) < limit {
			kept = append(kept, l.Lease)
		}
	}
	return kept, tx.Release(slices.DeleteFunc(given, func(l store.Lease) bool { return slices.Contains(kept, l) })...)
}

// sorted gives leases in another order than the contract's.
func sorted(compare func(a, b dueLease) int) func(store.Tx, store.LeaseQuery) ([]store.Lease, error) {
	return func(tx store.Tx, q store.LeaseQuery) ([]store.Lease, error) {
		return keepOf(tx, q, func(ls []dueLease) []dueLease {
			slices.SortStableFunc(ls, compare)
			return ls
		})
	}
}

func firstFence(ls []store.Lease) []store.Lease {
	for i := range ls {
		ls[i].Fence = 1
	}
	return ls
}

func releaseAny(tx store.Tx, ls []store.Lease) error {
	for _, l := range ls {
		held, err := tx.Leases(l.Conversation)
		if err != nil {
			return err
		}
		if err := tx.Release(held...); err != nil {
			return err
		}
	}
	return nil
}

// firstTask keeps the task that was put first.
type firstTask struct{ store.Tx }

func (t firstTask) PutTasks(ts ...store.Task) error {
	for _, task := range ts {
		there, err := t.Tasks(task.Conversation)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(o store.Task) bool { return o.ID == task.ID }) {
			continue
		}
		if err := t.Tx.PutTasks(task); err != nil {
			return err
		}
	}
	return nil
}
