package main

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store"
)

// BenchmarkEvent is what it costs to write an event to one browser.
func BenchmarkEvent(b *testing.B) {
	e := inbox.Event{
		Cursor: 421_337, Account: inbox.DefaultAccount, Type: store.MessageReceived, At: time.Date(2026, time.March, 2, 9, 30, 0, 123_456_000, time.UTC),
		Inbox: "support", Conversation: 100_412, Message: 421_336, Actor: store.Author{Kind: store.ByCustomer}, Detail: store.Detail{Seq: 12},
	}
	page := httptest.NewRecorder()
	out := newEventWriter(page)
	b.ReportAllocs()
	for b.Loop() {
		page.Body.Reset()
		if err := out.event("inbox", e.Cursor.String(), eventOf(e)); err != nil {
			b.Fatal(err)
		}
	}
}
