// Package postgres keeps everything in one schema of a Postgres database, which
// any number of processes share. The driver is pgx.
//
//	s, err := postgres.Open(ctx, "postgres://inbox@db.example.com/helpdesk", postgres.Config{})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	in, err := inbox.New(inbox.Config{Store: s, …})
//
// [Open] makes the schema, "teaminbox" unless Config.Schema says otherwise, and
// brings one that an earlier version of the library has made up to date; of
// several processes that start at once one does so and the others wait. [New]
// does the same on a pool of the host's.
//
// The server must be Postgres 15 or later, and the database in UTF-8. [Open]
// refuses CockroachDB and YugabyteDB, which speak the same language and keep other
// promises. The role
// needs the right to make a schema in the database, or to make tables in one
// that is there and empty. No extension is needed.
//
// # What it promises
//
// When [Store.Update] returns nil, what was written survives a crash of every
// process and of the server: transactions commit synchronously even where the
// server's default is another. If the answer to a COMMIT gets lost, the Store
// asks the database what became of it (pg_xact_status), so an Update fails with
// store.ErrUnknown only if the database can't be reached for as long as
// Config.StatementTimeout, has crashed meanwhile, so that it may speak of
// another transaction, or has been replaced by a copy that does not know.
// What was rolled back because of others, or of a lost connection, is tried
// again by itself.
//
// [Store.View] sees one moment (REPEATABLE READ, READ ONLY). It waits for
// nobody.
//
// Updates behave as if they ran one after the other. They do not run in
// SERIALIZABLE transactions, though: to notice what was not there when it was
// looked for, Postgres locks pages of indexes, and two batches of messages that
// have nothing to do with each other nearly always meet on a page, so that one
// of them would have to start anew. Instead an Update takes an advisory lock for
// each key that it reads or writes, whether there is a record or not. That
// takes 0.3 µs a key. Locks are taken in one order, or only if they are free, so
// that there are no deadlocks.
//
// # Round trips
//
// Statements are pipelined. What an Update reads by keys is kept until it ends;
// what it writes is held back and goes out with the COMMIT, all records of a
// kind in one statement, in one round trip.
//
// A View begins with its first read, in one round trip, and nobody waits for its
// end. Whoever reads for a user asks for the version of the Directory first: the
// View is told the one that the Store saw last, which is verified together with the
// next read, and the function runs again if it is another by then.
//
// Each connection plans a statement once, until there are new statistics of its
// tables. The Store collects these itself for tables that have doubled, if it
// connects with the role that owns them, long before autovacuum does.
//
// # Events
//
// An account's events are in the order of its commits, and a reader that goes
// on from its cursor misses none. A sequence alone would not do: a transaction
// may commit after another that has a higher number. So whoever adds events
// takes the account's lock for the last statement and the COMMIT. Measured on a
// machine of two cores, small transactions by 8 connections, medians: 6,400
// commits a second with a bare sequence, 2,050 with the lock, 2,560 with a row
// that counts. The engine puts up to 64 changes into a commit, so none of this
// is the limit. The counting row was not taken because its dead versions pile
// up behind any long transaction in the database, a backup for instance: after
// ten seconds of one it had fallen from 2,130 to 1,180 a second, while the lock
// stayed at 2,230 to 2,680. Reading only what is older than the oldest running
// transaction would stand still behind it.
//
// # Search
//
// Texts are searched with a GIN index of a tsvector whose tokens this library
// makes, in the same transactions as they are written. New tokens wait in a list
// of the index (fastupdate), which a goroutine of the Store's sorts in after a
// thousand messages or five seconds, so that no Update has to. Only the role that
// owns the tables may do that, so let the Store connect with it; with another,
// Updates do it at 4 MB, one of which then takes a quarter of a second.
//
// The goroutine also indexes the messages of a version of the library that had no
// search, after [Open] and the newest first, so that older ones are found little
// by little, and what processes of such a version still write. Those are found at
// once, by their texts. [Open] waits for transactions that have written messages
// when it prepares that, once, and lets no other write meanwhile.
//
// # Transactions of the host's
//
// A host whose tables are in the same database can change conversations in its
// own transaction, see [Store.Within]. Events of such a transaction get their
// place when it commits, by a deferred trigger, so that one that takes long
// holds up nobody's events.
//
// # Processes
//
// [Store.Notify] hears of other processes' commits by LISTEN, within
// milliseconds. The notification is sent beside the commits, at most once every
// Config.NotifyInterval: inside, it would let the whole database commit one
// after the other. If it gets lost, polling finds the work.
//
// Leases are measured by the database's clock. A process that takes work looks
// past what another is just taking.
//
// # Poolers
//
// Behind PgBouncer in transaction mode (1.21 or later, for prepared statements)
// Views and Updates work; LISTEN does not, so give the Store a pool that goes
// to the server directly, or be content with polling.
//
// # Operating
//
// Each transaction sets its own limits: Config.LockTimeout,
// Config.StatementTimeout and Config.IdleTimeout. In the server's log, an error
// with the text "guard" is an Update that makes way for another and is tried
// again. A large batch takes some hundred advisory locks; with many processes
// raise max_locks_per_transaction, of which the error that says so reminds.
//
// # Reading it with other programs
//
// The schema is in the migrations directory of this package. Other programs may
// read the tables; they should not write in them. A text that holds a NUL or
// bytes that are not UTF-8, which Postgres can't keep, has the code point
// U+10FFFF and two hexadecimal digits in their place.
//
// # What was erased
//
// A row that was changed leaves its old version behind until the table is
// vacuumed, which autovacuum does by itself; VACUUM (FULL) of the schema's tables
// does it at once and waits for everybody. The write-ahead log, its archive and
// standbys that lag have it for as long as they are kept.
package postgres
