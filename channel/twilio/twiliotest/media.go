package twiliotest

import (
	"net/http"
	"strings"
)

// media is a file that Twilio keeps.
type media struct {
	content     []byte
	contentType string
	message     string // its id
	redirect    string // where the content is, if not here
}

// HostMedia keeps a file as if it had come with a message, and returns the URL
// that a webhook would name.
func (s *Server) HostMedia(content []byte, contentType string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mediaURL(s.keep(s.newID("MM"), content, contentType))
}

// RedirectMedia returns the URL of a file that the fake does not serve itself:
// like Twilio, which keeps files elsewhere, it answers with a redirect.
func (s *Server) RedirectMedia(target string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.keep(s.newID("MM"), nil, "")
	file := s.media[id]
	file.redirect = target
	s.media[id] = file
	return s.mediaURL(id)
}

// keep stores a file and returns its id. s.mu is held.
func (s *Server) keep(message string, content []byte, contentType string) string {
	id := s.newID("ME")
	s.media[id] = media{content: append([]byte(nil), content...), contentType: contentType, message: message}
	return id
}

// mediaURL is where a file is. s.mu is held.
func (s *Server) mediaURL(id string) string {
	return s.URL + "/2010-04-01/Accounts/" + s.AccountSID + "/Messages/" + s.media[id].message + "/Media/" + id
}

// listMedia answers a request for the files of a message.
func (s *Server) listMedia(w http.ResponseWriter, r *http.Request) {
	m := s.message(r.PathValue("sid"))
	if m == nil {
		refuse(w, http.StatusNotFound, 20404)
		return
	}
	s.answer(w, http.StatusOK, func() any {
		list := []any{}
		for _, id := range m.media {
			if file, kept := s.media[id]; kept {
				list = append(list, map[string]any{
					"sid": id, "account_sid": s.AccountSID, "parent_sid": m.sid, "content_type": file.contentType,
					"uri": strings.TrimPrefix(s.mediaURL(id), s.URL) + ".json",
				})
			}
		}
		return map[string]any{"media_list": list, "page": 0, "page_size": 50, "next_page_uri": nil}
	})
}

// serveMedia answers a request for a file.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("media")
	s.mu.Lock()
	file, kept := s.media[id]
	s.mu.Unlock()
	switch {
	case !kept || file.message != r.PathValue("sid"):
		refuse(w, http.StatusNotFound, 20404)
	case file.redirect != "":
		http.Redirect(w, r, file.redirect, http.StatusTemporaryRedirect)
	default:
		w.Header().Set("Content-Type", file.contentType)
		_, _ = w.Write(file.content)
	}
}
