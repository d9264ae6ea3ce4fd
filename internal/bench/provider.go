package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// call is a message that a host has handed over.
type call struct {
	sid, to, callback string
	at                time.Time // when the request came
}

// provider answers the request to create a message as Twilio does, at once.
type provider struct {
	url     string
	sids    *sids
	created func(call) // is told of each, beside its answer
	server  *http.Server
	ended   chan error // gets why the server has ended

	mu      sync.Mutex
	over    bool
	telling sync.WaitGroup
}

func startProvider(ctx context.Context, created func(call)) (*provider, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &provider{url: "http://" + listener.Addr().String(), sids: newSIDs(), created: created, ended: make(chan error, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/"+accountSID+"/Messages.json", p.create)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func() { p.ended <- p.server.Serve(listener) }()
	return p, nil
}

func (p *provider) create(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := call{p.sids.next(), r.PostForm.Get("To"), r.PostForm.Get("StatusCallback"), at}
	date := at.UTC().Format(time.RFC1123Z)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	uri := "/2010-04-01/Accounts/" + accountSID + "/Messages/" + c.sid
	_ = json.NewEncoder(w).Encode(map[string]any{ // whoever hung up finds out by themselves
		"sid": c.sid, "account_sid": accountSID, "api_version": "2010-04-01", "from": r.PostForm.Get("From"), "to": c.to,
		"body": r.PostForm.Get("Body"), "direction": "outbound-api", "status": "queued", "num_media": "0", "num_segments": "1",
		"messaging_service_sid": nil, "error_code": nil, "error_message": nil, "price": nil, "price_unit": "USD",
		"date_created": date, "date_updated": date, "date_sent": nil, "uri": uri + ".json",
		"subresource_uris": map[string]string{"media": uri + "/Media.json"},
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.telling.Go(func() { p.created(c) })
	}
}

// close ends when all that was told has been heard.
func (p *provider) close() error {
	err := p.server.Close()
	if ended := <-p.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.telling.Wait()
	return err
}
