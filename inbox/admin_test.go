package inbox_test

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/channel"
	"github.com/teaminbox/teaminbox/channel/simulated"
	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/inbox/inboxtest"
	"github.com/teaminbox/teaminbox/store"
	"github.com/teaminbox/teaminbox/store/memory"
)

// requireNamed checks that an error names every field of a list.
func requireNamed(t *testing.T, err error, fields ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that names %v", fields)
	}
	for _, f := range fields {
		if !strings.Contains(err.Error(), f+" ") {
			t.Errorf("error %q does not name %s", err, f)
		}
	}
}

func TestConfigNamesEveryBadField(t *testing.T) {
	pigeon := channel.Func("pigeon", nil)
	_, err := inbox.New(inbox.Config{
		Channels:     []channel.Channel{pigeon, nil, pigeon, channel.Func("", nil)},
		SendTimeout:  -1,
		MaxBatch:     -1,
		PollInterval: -time.Second,
	})
	requireNamed(t, err, "Config.Store", "Config.Channels[1]", "Config.Channels[2]", "Config.Channels[3]", "Config.SendTimeout", "Config.MaxBatch", "Config.PollInterval")
	_, err = inbox.New(inbox.Config{})
	requireNamed(t, err, "Config.Store", "Config.Channels")
	if _, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{pigeon}}); err != nil {
		t.Errorf("store and channel alone: %v", err)
	}
}

func TestAdminNamesEveryBadField(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	admin := h.Admin()
	err := admin.SaveUser(t.Context(), inbox.User{Availability: "asleep", Languages: []string{"en", "klingonish"}})
	requireNamed(t, err, "User.ID", "User.Name", "User.Availability", "User.Languages[1]")
	err = admin.SaveTeam(t.Context(), inbox.Team{ID: "night", Name: "Night", Members: []inbox.UserID{"alice", "erin", "frank"}})
	requireNamed(t, err, "Team.Members[1]", "Team.Members[2]")
	err = admin.SaveInbox(t.Context(), store.Inbox{
		Endpoints: []store.Endpoint{{Channel: "pigeon", Address: "+14155550102"}, {Channel: "simulated", Address: "+1 (415) x"}},
		Settings:  store.Settings{Claim: "loud", Language: "??", TimeZone: "Mars/Base", FirstReply: "\xff"},
	})
	requireNamed(t, err, "Inbox.ID", "Inbox.Name", "Inbox.Endpoints[0].Channel", "Inbox.Endpoints[1].Address", "Inbox.Settings.Claim",
		"Inbox.Settings.Language", "Inbox.Settings.TimeZone", "Inbox.Settings.FirstReply")
	if !errors.Is(err, inbox.ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
	err = admin.SaveInbox(t.Context(), store.Inbox{ID: "night", Name: "Night", Team: "night"})
	requireNamed(t, err, "Inbox.Team")
	err = admin.SaveInbox(t.Context(), store.Inbox{ID: "night", Name: "Night", Team: "sales", Endpoints: []store.Endpoint{{Channel: "simulated", Address: inboxtest.SupportNumber}}})
	requireNamed(t, err, "Inbox.Endpoints[0]")
}

func TestAddressOfAChannelThatIsAwayIsKept(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{Channels: []channel.Channel{channel.Func("another", nil)}}})
	box := inboxtest.DefaultInboxes()[0]
	box.Endpoints = append(box.Endpoints, store.Endpoint{Channel: "another", Address: "+14155550160"})
	if err := k.Admin().SaveInbox(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	without := anotherEngine(k, k.Store, nil).Admin(inbox.DefaultAccount)
	box.Name = "Acme Help"
	if err := without.SaveInbox(t.Context(), box); err != nil {
		t.Errorf("by an engine without the channel: %v", err)
	}
	box.Endpoints = append(box.Endpoints, store.Endpoint{Channel: "another", Address: "+14155550161"})
	requireNamed(t, without.SaveInbox(t.Context(), box), "Inbox.Endpoints[3].Channel")
}

func TestStraysOfAHostWithoutTheDefaultAccountAreSeen(t *testing.T) {
	in, err := inbox.New(inbox.Config{Store: memory.New(), Channels: []channel.Channel{channel.Func("c", nil)}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Admin("acme").SaveUser(t.Context(), inbox.User{ID: "erin", Name: "Erin", Licensed: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Receive(t.Context(), "c", channel.Inbound{ProviderID: "1", From: alicesCustomer, To: nobodysNumber, Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	if strays, err := in.Agent("acme", "erin").Strays(t.Context(), 0); err != nil || len(strays) != 1 {
		t.Errorf("erin sees %v, %v; want the stray", strays, err)
	}
}

func TestAddressOfAnotherAccountStaysTheirs(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	other := h.Inbox.Admin("other")
	if err := errors.Join(
		other.SaveUser(t.Context(), inbox.User{ID: "erin", Name: "Erin", Licensed: true}),
		other.SaveTeam(t.Context(), inbox.Team{ID: "all", Name: "All", Members: []inbox.UserID{"erin"}}),
	); err != nil {
		t.Fatal(err)
	}
	box := store.Inbox{ID: "main", Name: "Main", Team: "all", Endpoints: []store.Endpoint{{Channel: "simulated", Address: inboxtest.SupportNumber}}}
	requireNamed(t, other.SaveInbox(t.Context(), box), "Inbox.Endpoints[0]")
	box.Endpoints[0].Address = "+14155550102"
	if err := other.SaveInbox(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	h.Phone(alicesCustomer).To("+14155550102").Send("hello")
	h.RequireAlerted() // in the default account, nobody
	views, err := h.Inbox.Agent("other", "erin").List(t.Context(), inbox.ListQuery{})
	if err != nil || len(views) != 1 {
		t.Errorf("erin sees %v, %v; want the one conversation", views, err)
	}
}

func TestStaleVersionIsAConflict(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	admin := h.Admin()
	users, err := admin.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alice := users[0]
	alice.Name = "Alice A."
	if err := admin.SaveUser(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	alice.Name = "Alice B."
	if err := admin.SaveUser(t.Context(), alice); !errors.Is(err, inbox.ErrConflict) {
		t.Errorf("saving the version that was read before: error %v, want ErrConflict", err)
	}
	alice.Version = 0
	if err := admin.SaveUser(t.Context(), alice); err != nil {
		t.Errorf("whatever is there: %v", err)
	}
	if users, err = admin.Users(t.Context()); err != nil || users[0].Name != "Alice B." {
		t.Errorf("users are %+v, %v", users, err)
	}
}

func TestAccountIsRenamed(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	requireNamed(t, h.Admin().Rename(t.Context(), ""), "name")
	for _, name := range []string{"Acme", "Acme", "Acme Inc."} {
		if err := h.Admin().Rename(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Inbox.Admin("other").Rename(t.Context(), "Another"); err != nil {
		t.Fatal(err)
	}
	err := h.Store.View(t.Context(), func(tx store.Tx) error {
		accounts, err := tx.Accounts()
		if len(accounts) != 2 || accounts[0].Name != "Acme Inc." || accounts[1].Name != "Another" {
			t.Errorf("accounts are %+v", accounts)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestChangedSettingsActAtOnce(t *testing.T) {
	h := inboxtest.New(t, inboxtest.Config{})
	h.Phone(alicesCustomer).Send("hello")
	h.RequireNothingSent(alicesCustomer)
	if err := h.Admin().SaveInbox(t.Context(), withFirstReply("We answer soon.")[0]); err != nil {
		t.Fatal(err)
	}
	h.Phone(otherCustomer).Send("hello")
	h.RequireSent(otherCustomer, "We answer soon.")
}

// A task of a kind that nobody knows, as a later version might leave it.
func TestPoisonIsSetAsideVisiblyAndRequeued(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{TaskAttempts: 3}})
	err := k.Store.Update(t.Context(), func(tx store.Tx) error {
		return tx.PutTasks(store.Task{ID: 1 << 40, Account: inbox.DefaultAccount, Conversation: k.conv, Kind: "levitate", DueAt: k.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Minute)
	aside, err := k.Admin().SetAside(t.Context())
	if err != nil || len(aside) != 1 || aside[0].Attempts != 3 || !strings.Contains(aside[0].Error, "levitate") {
		t.Fatalf("set aside: %+v, %v; want the task after 3 attempts, with its error", aside, err)
	}
	k.reply("not held up")
	k.RequireSent(alicesCustomer, "not held up")
	told := false
	for _, e := range k.Events() {
		told = told || e.Type == store.TaskSetAside && strings.Contains(e.Detail.Reason, "waits for a person")
	}
	if !told {
		t.Error("no event tells that a task was set aside")
	}
	if err := k.Admin().Requeue(t.Context(), k.conv, aside[0].ID+1); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("requeueing another: error %v, want ErrNotFound", err)
	}
	if err := k.Inbox.Admin("other").Requeue(t.Context(), k.conv, aside[0].ID); !errors.Is(err, inbox.ErrNotFound) {
		t.Errorf("requeueing another account's: error %v, want ErrNotFound", err)
	}
	if err := k.Admin().Requeue(t.Context(), k.conv, aside[0].ID); err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Minute)
	if aside, err := k.Admin().SetAside(t.Context()); err != nil || len(aside) != 1 {
		t.Errorf("tried again and failed: %+v, %v; want it set aside again", aside, err)
	}
}

func TestMessageThatCanNotBeRoutedIsNotLeftWithoutPeople(t *testing.T) {
	k := newTalk(t, inboxtest.Config{Inbox: inbox.Config{TaskAttempts: 2}})
	// A message that is not there can't be routed.
	err := k.Store.Update(t.Context(), func(tx store.Tx) error {
		return tx.PutTasks(store.Task{ID: 1 << 40, Account: inbox.DefaultAccount, Conversation: k.conv, Kind: store.TaskRoute, Message: 1 << 41, DueAt: k.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	k.Advance(time.Minute)
	k.RequireAlerted("alice", "bob")
}

func TestCanaryIsInNoLog(t *testing.T) {
	var log strings.Builder
	h := inboxtest.New(t, inboxtest.Config{Inbox: inbox.Config{Logger: debugLogger(&log)}})
	const number, body = channel.Address("+14155550177"), "canary sings"
	h.Phone(number).To("+14155550199").Send(body) // a stray
	phone := h.Phone(number)
	phone.Send(body)
	h.Carrier.FailNext(simulated.Fault{Kind: simulated.Rejected})
	if _, err := h.Agent("alice").Reply(t.Context(), phone.Conversation(), inbox.Draft{Text: body}); err != nil {
		t.Fatal(err)
	}
	h.Advance(time.Hour)
	if log.Len() == 0 {
		t.Fatal("nothing was logged; the test sees nothing")
	}
	for _, secret := range []string{string(number), body} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log.String())
		}
	}
}

func debugLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
