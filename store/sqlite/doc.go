// Package sqlite keeps everything in one file. It needs no server and no C
// compiler: the driver is modernc.org/sqlite.
//
//	s, err := sqlite.Open(ctx, "/var/lib/helpdesk/inbox.db", sqlite.Config{})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	in, err := inbox.New(inbox.Config{Store: s, …})
//
// The directory must exist. [Open] makes the file, for its owner's eyes only,
// and brings one that an earlier version of the library has written to the
// present schema. It refuses files of other programs and of later versions.
//
// # What it promises
//
// When [Store.Update] returns nil, what was written is on the disk: it
// survives a crash of the process and of the machine, as far as the disk keeps
// what it has confirmed. An Update that fails has left nothing. Only one that
// fails with store.ErrUnknown may have happened after all, which is known after
// the next crash or never; that is an input or output error of the disk at the
// wrong moment, not something that a full disk does. With room again, the
// Store goes on by itself.
//
// [Store.View] sees one moment. Views and Updates never wait for each other.
//
// # Files
//
// Beside inbox.db there are inbox.db-wal, the write-ahead log, and
// inbox.db-shm, the processes' index of it. The log belongs to the database:
// until it is written back, it holds what was acknowledged last. Never delete
// it, and never copy inbox.db without it. If one of the two is deleted, moved or
// replaced all the same while it is open, Updates and Views fail with [ErrGone]
// until it is back: what was written would be lost. [Store.Close] writes it back and
// removes both. While the Store is in use, a goroutine writes it back, empties
// it when nothing happens for a second, and keeps it from growing beyond some
// 80 MB unless a View, a backup or another program reads for long.
//
// The file must be on a local disk: network file systems don't keep the locks
// that SQLite needs.
//
// [Store.Backup] copies the database while it is in use. To restore a copy,
// stop every process, delete the three files and put the copy in the place of
// inbox.db.
//
// # Processes
//
// Several processes of one machine may open the file. Their Updates take turns,
// so one process is the fastest; a second is good for a change-over without
// interruption, or for tools. [Store.Notify] tells an engine of the others'
// commits, and leases keep two of them from working on the same conversation.
//
// Processes of different versions of the library should not share a file:
// an old one does not notice that a new one has changed the schema.
//
// For several machines there is package store/postgres: store.Copy carries
// everything there, or back.
//
// # Speed
//
// A commit waits for the disk once, whatever it holds, which is what batches
// are for: the engine takes all changes that wait through one Update.
//
// On Linux, a commit of SQLite's also waits for the file's timestamps. The
// host can spare that, for all SQLite databases of its process and with no
// loss of durability, with modernc.org/sqlite's Fdatasync(true).
//
// # Search
//
// Texts are searched with SQLite's FTS5. A message is found from the moment that
// it is committed, but the index has it up to half a second later, on a goroutine
// of the Store's: many at once cost a tenth of as many alone. Until then its text
// is looked at. The goroutine takes its turns between the Updates, each of some
// milliseconds.
//
// It also indexes a file of a version of the library that had no search, after
// [Open] and the newest messages first, so that older ones are found little by
// little; and what such a version still writes, or the host in transactions of its
// own.
//
// The words of a text that was erased are not found any more, but stay in pages
// of the index, as all that was erased may stay in free pages of the file and in
// the log. [Store.Purge] gets rid of all three.
//
// # Transactions of the host's
//
// A host may have tables of its own in the file, and change conversations in a
// transaction of its own, see [Store.Within].
//
// # Reading it with other programs
//
// The schema is in the migrations directory of this package. Times are
// microseconds since 1970, lists are JSON. Other programs may read these tables;
// they should not write in them.
package sqlite
