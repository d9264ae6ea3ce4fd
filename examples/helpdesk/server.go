package main

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"time"

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
	mux.Handle("GET /", http.FileServerFS(web))
	mux.HandleFunc("GET /healthz", p.healthz)
	who := authenticator{users: demoUserIDs()}
	a := &api{engine: p.engine, account: inbox.DefaultAccount, log: p.log}
	a.routes(mux, who)
	who.routes(mux, a.fail)
	s := &stream{engine: p.engine, account: inbox.DefaultAccount, log: p.log, fail: a.fail}
	mux.Handle("GET /api/events", untilClosing(closing, who.require(s.serve)))
	return mux, nil
}

// healthz says whether the program can do its work: whether its store answers.
func (p *program) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if _, err := p.engine.Admin(inbox.DefaultAccount).Inboxes(ctx); err != nil {
		p.log.Error("the store does not answer", "err", err)
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "the store does not answer"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// secure adds the headers and the checks that every answer and request needs.
func secure(next http.Handler) http.Handler {
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
