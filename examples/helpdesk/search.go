package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/inbox"
	"github.com/teaminbox/teaminbox/store/search"
)

const largestHitPage = 200

// hit is a message that was found. Marks are the parts of its text that are
// what was looked for: from and up to which UTF-16 code unit, as JavaScript
// counts.
type hit struct {
	Message      message      `json:"message"`
	Conversation conversation `json:"conversation"`
	Marks        [][2]int     `json:"marks"`
}

type hitPage struct {
	Hits []hit           `json:"hits"`          // the newest first
	Next inbox.MessageID `json:"next,omitzero"` // for ?before=
}

func (a *api) search(_ http.ResponseWriter, r *http.Request, agent *inbox.Agent) (any, error) {
	q, err := searchQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	found, err := agent.Search(r.Context(), q)
	if err != nil {
		return nil, err
	}
	page := hitPage{Hits: make([]hit, len(found))}
	parsed := search.Parse(q.Text)
	for i, f := range found {
		page.Hits[i] = hit{Message: messageOf(f.Message), Conversation: conversationOf(f.Conversation), Marks: marksOf(parsed, f.Message.Text)}
	}
	if len(found) == q.Limit {
		page.Next = found[len(found)-1].Message.ID
	}
	return page, nil
}

func searchQuery(values url.Values) (inbox.SearchQuery, error) {
	q := inbox.SearchQuery{Text: values.Get("q"), Inbox: inbox.InboxID(values.Get("inbox")), Limit: pageSize}
	if text := values.Get("conversation"); text != "" {
		if err := q.Conversation.UnmarshalText([]byte(text)); err != nil || q.Conversation == 0 {
			return q, badRequest("conversation must be the id of a conversation")
		}
	}
	if text := values.Get("before"); text != "" {
		if err := q.Before.UnmarshalText([]byte(text)); err != nil || q.Before == 0 {
			return q, badRequest("before must be the next of an earlier page")
		}
	}
	if text := values.Get("limit"); text != "" {
		var err error
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > largestHitPage {
			return q, badRequest(fmt.Sprintf("limit must be a number from 1 to %d", largestHitPage))
		}
	}
	return q, nil
}

// marksOf returns what of a text is looked for, counted in UTF-16 code units.
func marksOf(q search.Query, text string) [][2]int {
	at, units := 0, 0
	count := func(end int) int {
		for at < end {
			r, size := utf8.DecodeRuneInString(text[at:])
			at += size
			units += utf16.RuneLen(r)
		}
		return units
	}
	marks := [][2]int{}
	for _, m := range q.Marks(text) {
		marks = append(marks, [2]int{count(m.Start), count(m.End)})
	}
	return marks
}
