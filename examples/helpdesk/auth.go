package main

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/teaminbox/teaminbox/inbox"
)

// authenticator says who is asking. The library leaves that to its host; this
// host is a demonstration, and believes anybody who says demo-alice. Put your
// own sign-in here.
type authenticator struct {
	users []inbox.UserID
}

const (
	tokenPrefix = "demo-"
	cookieName  = "helpdesk"
)

// user returns the user whose token a request carries, as a bearer token or in
// the cookie of the page's sign-in.
func (a authenticator) user(r *http.Request) (inbox.UserID, bool) {
	if header := r.Header.Get("Authorization"); header != "" {
		kind, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(kind, "Bearer") {
			return "", false
		}
		return a.byToken(strings.TrimSpace(token))
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", false
	}
	return a.byToken(cookie.Value)
}

func (a authenticator) byToken(token string) (inbox.UserID, bool) {
	for _, u := range a.users {
		if subtle.ConstantTimeCompare([]byte(token), []byte(tokenPrefix+string(u))) == 1 {
			return u, true
		}
	}
	return "", false
}

// require lets only signed-in users through.
func (a authenticator) require(next func(http.ResponseWriter, *http.Request, inbox.UserID)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, ok := a.user(r)
		if !ok {
			w.Header().Set("WWW-Authenticate", `Bearer realm="helpdesk"`)
			writeProblem(w, problem{
				Title: http.StatusText(http.StatusUnauthorized), Status: http.StatusUnauthorized,
				Detail: "sign in, or send the header Authorization: Bearer demo-alice",
			})
			return
		}
		next(w, r, user)
	})
}

// routes adds the page's sign-in and sign-out.
func (a authenticator) routes(mux *http.ServeMux, fail func(http.ResponseWriter, *http.Request, error)) {
	mux.HandleFunc("POST /api/session", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			User inbox.UserID `json:"user"`
		}
		if err := readJSON(w, r, &in); err != nil {
			fail(w, r, err)
			return
		}
		token := tokenPrefix + string(in.User)
		if _, ok := a.byToken(token); !ok {
			fail(w, r, badRequest("user must be one of the demo's users"))
			return
		}
		http.SetCookie(w, &http.Cookie{
			Name: cookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
		})
		writeJSON(w, http.StatusOK, nil)
	})
	mux.HandleFunc("DELETE /api/session", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		writeJSON(w, http.StatusOK, nil)
	})
}
