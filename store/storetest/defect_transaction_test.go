package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// The defects of transactions are in View and Update.

// readsOutside reads what is committed at this moment.
type readsOutside struct {
	store.Tx
	s   store.Store
	ctx context.Context
}

func (t readsOutside) Contacts(ids ...store.ContactID) (cs []store.Contact, err error) {
	err = t.s.View(t.ctx, func(tx store.Tx) error {
		cs, err = tx.Contacts(ids...)
		return err
	})
	return cs, err
}

func (t readsOutside) Conversations(ids ...store.ConversationID) (cs []store.Conversation, err error) {
	err = t.s.View(t.ctx, func(tx store.Tx) error {
		cs, err = tx.Conversations(ids...)
		return err
	})
	return cs, err
}

// writesElsewhere reads a snapshot, and hands its writes over to run in
// another transaction.
type writesElsewhere struct {
	store.Tx
	write  func(func(store.Tx) error) error
	update func(func(store.Tx) error) error
}

func (t writesElsewhere) PutAccounts(as ...store.Account) error {
	return t.write(func(tx store.Tx) error { return tx.PutAccounts(as...) })
}

func (t writesElsewhere) PutTeams(ts ...store.Team) error {
	return t.write(func(tx store.Tx) error { return tx.PutTeams(ts...) })
}

func (t writesElsewhere) PutUsers(us ...store.User) error {
	return t.write(func(tx store.Tx) error { return tx.PutUsers(us...) })
}

func (t writesElsewhere) PutInboxes(is ...store.Inbox) error {
	return t.write(func(tx store.Tx) error { return tx.PutInboxes(is...) })
}

func (t writesElsewhere) PutContacts(cs ...store.Contact) error {
	return t.write(func(tx store.Tx) error { return tx.PutContacts(cs...) })
}

func (t writesElsewhere) PutConversations(cs ...store.Conversation) error {
	return t.write(func(tx store.Tx) error { return tx.PutConversations(cs...) })
}

func (t writesElsewhere) PutReadMarks(account store.AccountID, ms ...store.ReadMark) error {
	return t.write(func(tx store.Tx) error { return tx.PutReadMarks(account, ms...) })
}

func (t writesElsewhere) PutMessages(ms ...store.Message) error {
	return t.write(func(tx store.Tx) error { return tx.PutMessages(ms...) })
}

func (t writesElsewhere) PutTasks(ts ...store.Task) error {
	return t.write(func(tx store.Tx) error { return tx.PutTasks(ts...) })
}

func (t writesElsewhere) AppendConsent(es ...compliance.Entry) error {
	return t.write(func(tx store.Tx) error { return tx.AppendConsent(es...) })
}

func (t writesElsewhere) AppendEvents(es ...store.Event) error {
	return t.write(func(tx store.Tx) error { return tx.AppendEvents(es...) })
}

func (t writesElsewhere) PutStrays(ss ...store.Stray) error {
	return t.write(func(tx store.Tx) error { return tx.PutStrays(ss...) })
}

func (t writesElsewhere) PutWatermarks(ws ...store.Watermark) error {
	return t.write(func(tx store.Tx) error { return tx.PutWatermarks(ws...) })
}

func (t writesElsewhere) NewID() (id int64, err error) {
	err = t.update(func(tx store.Tx) error {
		id, err = tx.NewID()
		return err
	})
	return id, err
}

func transactionDefects() []defect {
	return []defect{
		{"an error does not roll back", []string{"update/rolls back on an error"}, func(m *mutant) {
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				var failed error
				err := m.Store.Update(ctx, func(tx store.Tx) error {
					failed = fn(tx)
					return nil
				})
				if failed != nil && err == nil {
					return failed
				}
				return err
			}
		}},
		{"each write commits by itself", []string{
			"update/rolls back on an error", "update/rolls back on a panic", "update/all or nothing",
			"isolation/nothing uncommitted is seen", "context/canceled and not noticed",
		}, func(m *mutant) {
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				atOnce := func(write func(store.Tx) error) error { return m.Store.Update(ctx, write) }
				return m.Store.View(ctx, func(tx store.Tx) error { return fn(writesElsewhere{tx, atOnce, atOnce}) })
			}
		}},
		{"a panic does not roll back", []string{"update/rolls back on a panic"}, func(m *mutant) {
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				var value any
				err := m.Store.Update(ctx, func(tx store.Tx) (err error) {
					defer func() { value = recover() }()
					return fn(tx)
				})
				if value != nil {
					panic(value)
				}
				return err
			}
		}},
		{"a panic becomes an error", []string{"view/panic goes on"}, func(m *mutant) {
			m.view = func(ctx context.Context, fn func(store.Tx) error) (err error) {
				defer func() {
					if recover() != nil {
						err = errors.New("it panicked")
					}
				}()
				return m.Store.View(ctx, fn)
			}
		}},
		{"errors are hidden", []string{"update/error comes back", "version/stale is refused"}, func(m *mutant) {
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				if m.Store.Update(ctx, fn) != nil {
					return errors.New("the transaction failed")
				}
				return nil
			}
		}},
		{"errors of a View are hidden", []string{"view/error comes back"}, func(m *mutant) {
			m.view = func(ctx context.Context, fn func(store.Tx) error) error {
				if m.Store.View(ctx, fn) != nil {
					return errors.New("the transaction failed")
				}
				return nil
			}
		}},
		{"a View writes", []string{"view/read only"}, func(m *mutant) {
			m.view = func(ctx context.Context, fn func(store.Tx) error) error { return m.Store.Update(ctx, fn) }
		}},
		{"a View reads what is new", []string{"isolation/view is one moment", "isolation/lists are of one moment"}, func(m *mutant) {
			m.view = func(ctx context.Context, fn func(store.Tx) error) error {
				return m.Store.View(ctx, func(tx store.Tx) error { return fn(readsOutside{tx, m.Store, ctx}) })
			}
		}},
		{"an Update does not read its writes", []string{"keys/read your writes", "version/counts within a transaction"}, func(m *mutant) {
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				return m.Store.Update(ctx, func(tx store.Tx) error { return fn(readsOutside{tx, m.Store, ctx}) })
			}
		}},
		{"only versions are isolated", []string{"isolation/decisions on what others write", "unread/decisions on what others write"}, func(m *mutant) {
			meet := make(chan struct{})
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				var later []func(store.Tx) error
				err := m.Store.View(ctx, func(tx store.Tx) error {
					later = nil
					queue := func(write func(store.Tx) error) error {
						later = append(later, write)
						return nil
					}
					return fn(writesElsewhere{tx, queue, func(fn func(store.Tx) error) error { return m.Store.Update(ctx, fn) }})
				})
				if err != nil {
					return err
				}
				// Commits come in pairs if there is another.
				alone := time.NewTimer(5 * time.Millisecond)
				defer alone.Stop()
				select {
				case meet <- struct{}{}:
				case <-meet:
				case <-alone.C:
				}
				return m.Store.Update(ctx, func(tx store.Tx) error {
					for _, write := range later {
						if err := write(tx); err != nil {
							return err
						}
					}
					return nil
				})
			}
		}},
		{"the context is ignored", []string{"context/canceled before", "context/past its deadline", "context/canceled in the function"}, func(m *mutant) {
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				return m.Store.Update(context.WithoutCancel(ctx), fn)
			}
			m.view = func(ctx context.Context, fn func(store.Tx) error) error {
				return m.Store.View(context.WithoutCancel(ctx), fn)
			}
		}},
		{"the context is asked at the beginning only", []string{"context/canceled in the function", "context/canceled and not noticed"}, func(m *mutant) {
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return m.Store.Update(context.WithoutCancel(ctx), fn)
			}
		}},
		{"Update does not run the function", []string{"update/commits", "processes/durable", "isolation/no update is lost"}, func(m *mutant) {
			seeded := false
			m.update = func(ctx context.Context, fn func(store.Tx) error) error {
				if !seeded {
					seeded = true
					return m.Store.Update(ctx, fn)
				}
				return m.Store.Update(ctx, func(tx store.Tx) error {
					err := fn(tx)
					if err == nil {
						err = errDeliberate // forgets
					}
					return err
				})
			}
		}},
		{"Notify never wakes", []string{"processes/notify"}, func(m *mutant) {
			m.notify = func(ctx context.Context, _ func()) error {
				<-ctx.Done()
				return ctx.Err()
			}
		}},
		{"Notify does not block", []string{"processes/end of notify"}, func(m *mutant) {
			m.notify = func(context.Context, func()) error { return nil }
		}},
		{"ids are not unique", []string{"ids/grow", "ids/unique"}, inTx(func(tx store.Tx) store.Tx { return halfIDs{tx} })},
	}
}

// halfIDs gives each id twice.
type halfIDs struct{ store.Tx }

func (t halfIDs) NewID() (int64, error) {
	id, err := t.Tx.NewID()
	return (id + 1) / 2, err
}
