package memory

import (
	"cmp"

	"github.com/teaminbox/teaminbox/compliance"
	"github.com/teaminbox/teaminbox/store"
)

// state is everything at one moment. Copying it takes a snapshot. Records are
// never changed once they are in a tree: a write puts another one. Indexes hold
// ids, so that they stay as they are when a record's other fields change.
type state struct {
	lastID           int64
	lastFence        int64
	lastCursor       store.Cursor
	lastList         listNumber
	lastTurn         store.AccountID // see tx.round
	directoryVersion int64

	accounts  tree[store.AccountID, *store.Account]
	inboxes   tree[named[store.InboxID], *store.Inbox]
	endpoints tree[store.Endpoint, named[store.InboxID]] // who owns them
	teams     tree[named[store.TeamID], *store.Team]
	users     tree[named[store.UserID], *store.User]

	contacts   tree[store.ContactID, *store.Contact]
	identities tree[store.Identity, store.ContactID] // who owns them

	conversations tree[store.ConversationID, *store.Conversation]
	threads       tree[store.Thread, store.ConversationID]
	listNames     tree[listName, listNumber]
	lists         tree[listKey, struct{}]
	marks         tree[markKey, store.ReadMark]

	messages  tree[store.MessageID, *store.Message]
	places    tree[within, store.MessageID]
	providers tree[store.ProviderRef, store.MessageID]
	requests  tree[named[string], store.MessageID]

	tasks    tree[store.TaskID, *store.Task]
	owed     tree[within, *store.Task] // by conversation
	due      tree[dueKey, *store.Task] // those not set aside, by account
	setAside tree[numbered[store.TaskID], *store.Task]
	leases   tree[store.ConversationID, store.Lease] // those that have run out too

	entries  tree[entryKey, *compliance.Entry]
	entryIDs tree[compliance.EntryID, struct{}]

	events  tree[eventKey, *store.Event] // by account, and again by conversation
	streams tree[store.AccountID, stream]

	strays  tree[store.StrayID, *store.Stray]
	origins tree[store.ProviderRef, store.StrayID]
	waiting tree[numbered[store.StrayID], *store.Stray]

	watermarks tree[store.WatermarkID, *store.Watermark]
}

// stream is what is known of an account's events whether they are kept or not.
type stream struct {
	last    store.Cursor // the last one ever
	deleted store.Cursor // the last one that was deleted
}

func newState() *state {
	return &state{
		accounts:  newTree[store.AccountID, *store.Account](cmp.Compare),
		inboxes:   newTree[named[store.InboxID], *store.Inbox](compareNamed),
		endpoints: newTree[store.Endpoint, named[store.InboxID]](compareEndpoint),
		teams:     newTree[named[store.TeamID], *store.Team](compareNamed),
		users:     newTree[named[store.UserID], *store.User](compareNamed),

		contacts:   newTree[store.ContactID, *store.Contact](cmp.Compare),
		identities: newTree[store.Identity, store.ContactID](compareIdentity),

		conversations: newTree[store.ConversationID, *store.Conversation](cmp.Compare),
		threads:       newTree[store.Thread, store.ConversationID](compareThread),
		listNames:     newTree[listName, listNumber](compareListName),
		lists:         newTree[listKey, struct{}](compareList),
		marks:         newTree[markKey, store.ReadMark](compareMark),

		messages:  newTree[store.MessageID, *store.Message](cmp.Compare),
		places:    newTree[within, store.MessageID](compareWithin),
		providers: newTree[store.ProviderRef, store.MessageID](compareRef),
		requests:  newTree[named[string], store.MessageID](compareNamed),

		tasks:    newTree[store.TaskID, *store.Task](cmp.Compare),
		owed:     newTree[within, *store.Task](compareWithin),
		due:      newTree[dueKey, *store.Task](compareDue),
		setAside: newTree[numbered[store.TaskID], *store.Task](compareNumbered),
		leases:   newTree[store.ConversationID, store.Lease](cmp.Compare),

		entries:  newTree[entryKey, *compliance.Entry](compareEntry),
		entryIDs: newTree[compliance.EntryID, struct{}](cmp.Compare),

		events:  newTree[eventKey, *store.Event](compareEvent),
		streams: newTree[store.AccountID, stream](cmp.Compare),

		strays:  newTree[store.StrayID, *store.Stray](cmp.Compare),
		origins: newTree[store.ProviderRef, store.StrayID](compareRef),
		waiting: newTree[numbered[store.StrayID], *store.Stray](compareNumbered),

		watermarks: newTree[store.WatermarkID, *store.Watermark](cmp.Compare),
	}
}
