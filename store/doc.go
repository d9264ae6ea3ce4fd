// Package store says what Team Inbox keeps and how it reaches it.
//
// It holds the records ([Conversation], [Message], [Contact], [Event], [Task]
// and so on), their typed ids, and the [Store] and [Tx] interfaces. It holds no
// SQL and no rules: what may happen to a record is for package inbox to know.
//
// A Store runs functions in transactions. Inside, reads take many keys and
// writes take many records, so that the engine can take dozens of messages
// through one transaction with a handful of statements:
//
//	err := s.Update(ctx, func(tx store.Tx) error {
//		c, err := store.One(tx.Conversations(id))
//		if err != nil {
//			return err
//		}
//		c.Status = store.Closed
//		return tx.PutConversations(c)
//	})
//
// # Rules of every Store
//
// Records are values. What a Store returns shares no memory with what it keeps
// or was given.
//
// A read by keys returns the records that exist, in the order of the keys, and
// leaves out the rest without an error; [One] turns an empty answer into
// [ErrNotFound]. A key that is given twice is answered twice. A read sees what
// the same transaction has written.
//
// A record with a Version is put with the version that was read: 0 makes a
// record, anything else replaces exactly that version, or fails with
// [ErrConflict]. The stored version is one higher. A record that exists and is
// put with 0 is a conflict too, whatever else is wrong with it.
//
// Empty ids and keys find nothing, deleting what is not there is no error, and
// a put of no records does nothing.
//
// A transaction in which a call has failed fails: an Update whose function goes
// on after an error, and returns nil, returns that error.
//
// Times are kept in UTC with microseconds. The zero time stays the zero time.
// Texts are kept byte for byte, NUL included.
//
// Packages store/memory, store/sqlite and store/postgres are references; test
// your own implementation with package store/storetest.
//
// # Moving
//
// [Copy] carries everything from one Store to another, as when a company that
// began on SQLite moves to Postgres.
package store
