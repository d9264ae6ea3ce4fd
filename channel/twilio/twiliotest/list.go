package twiliotest

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// list answers a request for a page of messages, newest first.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, err := strconv.Atoi(q.Get("PageSize"))
	if err != nil || size < 1 {
		size = defaultPageSize
	}
	size = min(size, maxPageSize)
	matches, ok := filter(q)
	if !ok {
		refuse(w, http.StatusBadRequest, 20001)
		return
	}
	s.answer(w, http.StatusOK, func() any {
		page, last := []any{}, ""
		more := false
		skip := q.Get("PageToken") // the last id of the page before
		for i := len(s.messages) - 1; i >= 0; i-- {
			m := s.messages[i]
			switch {
			case skip != "":
				if "PA"+m.sid == skip {
					skip = ""
				}
			case !matches(m):
			case len(page) == size:
				more = true
			default:
				page, last = append(page, s.resource(m)), m.sid
			}
			if more {
				break
			}
		}
		number, _ := strconv.Atoi(q.Get("Page"))
		result := map[string]any{
			"messages": page, "page": number, "page_size": size, "start": number * size, "end": number*size + len(page) - 1,
			"uri": r.URL.RequestURI(), "first_page_uri": r.URL.Path + "?PageSize=" + strconv.Itoa(size) + "&Page=0",
			"next_page_uri": nil, "previous_page_uri": nil,
		}
		if more {
			q.Set("Page", strconv.Itoa(number+1))
			q.Set("PageSize", strconv.Itoa(size))
			q.Set("PageToken", "PA"+last)
			result["next_page_uri"] = r.URL.Path + "?" + q.Encode()
		}
		return result
	})
}

// filter returns what selects messages by the parameters of a list, and
// whether these can be understood.
func filter(q url.Values) (func(*message) bool, bool) {
	limits := map[string]time.Time{}
	for _, name := range []string{"DateSent", "DateSent<", "DateSent>"} {
		if !q.Has(name) {
			continue
		}
		at, err := time.Parse(time.RFC3339, q.Get(name))
		if err != nil {
			at, err = time.Parse(time.DateOnly, q.Get(name))
		}
		if err != nil {
			return nil, false
		}
		limits[name] = at
	}
	return func(m *message) bool {
		if to := q.Get("To"); to != "" && m.to != to {
			return false
		}
		if from := q.Get("From"); from != "" && m.from != from {
			return false
		}
		if len(limits) > 0 && m.sent.IsZero() {
			return false
		}
		if at, set := limits["DateSent<"]; set && m.sent.After(at) {
			return false
		}
		if at, set := limits["DateSent>"]; set && m.sent.Before(at) {
			return false
		}
		at, set := limits["DateSent"]
		return !set || m.sent.Format(time.DateOnly) == at.Format(time.DateOnly)
	}, true
}
