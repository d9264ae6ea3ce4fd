package main

import (
	"embed"
	"io/fs"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/teaminbox/teaminbox/compliance/zones"
	"github.com/teaminbox/teaminbox/inbox"
)

//go:embed web
var webFiles embed.FS

// contentPolicy lets the pages run their own files and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// newMux returns everything that the program serves but the provider's
// webhooks and the phones. closing is closed when the server shuts down.
func (p *program) newMux(closing <-chan struct{}) (*http.ServeMux, error) {
	web, err := fs.Sub(webFiles, "web")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", files(web))
	mux.HandleFunc("GET /healthz", p.healthz)
	mux.HandleFunc("GET /readyz", p.readyz)
	who := authenticator{users: demoUserIDs()}
	a := &api{engine: p.engine, account: inbox.DefaultAccount, places: zones.Numbers(), log: p.log}
	a.routes(mux, who)
	who.routes(mux, a.fail)
	s := &stream{engine: p.engine, account: inbox.DefaultAccount, log: p.log, fail: a.fail}
	mux.Handle("GET /api/events", untilClosing(closing, who.require(s.serve)))
	return mux, nil
}

// files serves the pages. A path that no file can have is not found, where
// net/http would take it for a failure of the server's.
func files(web fs.FS) http.Handler {
	serve := http.FileServerFS(web)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !utf8.ValidString(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		serve.ServeHTTP(w, r)
	})
}

// secure adds the headers and the checks that every answer and request needs. A
// request that another site made a browser send is refused.
func secure(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// newServer returns a server that gives slow clients no hold on it.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second, // event streams set their own
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
